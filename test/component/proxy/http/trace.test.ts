/** Traces through the engine: across both versions of HTTP, and where a trace begins. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../../../../src/messages/names.ts";
import type { ExchangeRecord } from "../../../../src/proxy/contract.ts";
import { type TestEngine, plain, startEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { asker, startApp } from "../http2/apps.ts";
import { startPair } from "../http2/pair.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

function lastOf({ observer }: TestEngine): ExchangeRecord {
  const record = observer.records.at(-1);
  assert.ok(record);
  return record;
}

for (const transport of [ALPN.H2, ALPN.H1]) {
  for (const client of [1, 2] as const) {
    for (const server of [1, 2] as const) {
      describe(`HTTP/${client} client, ${transport}, HTTP/${server} application`, () => {
        it("each hop is a span, and the application sees the last one, in its caller's format", async (t) => {
          const app = await startApp(t, server);
          const pair = await startPair(t, { appPort: app.port, protocol: server === 1 ? Protocol.HTTP : Protocol.HTTP2, transport });
          const ask = asker(t, pair.port, client);
          const spans = (): readonly [ExchangeRecord, ExchangeRecord] => [lastOf(pair.outer), lastOf(pair.inner)];

          await ask({ headers: { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: "a=b" } });
          const [outbound, inbound] = spans();
          assert.deepEqual([outbound.traceId, outbound.parentSpanId], [TRACE, CALLER]);
          assert.deepEqual([inbound.traceId, inbound.parentSpanId], [TRACE, outbound.spanId]);
          const w3c = app.seen.at(-1)?.headers;
          assert.deepEqual([w3c?.traceparent, w3c?.tracestate, w3c?.b3], [`00-${TRACE}-${inbound.spanId}-01`, "a=b", undefined]);

          await ask({ headers: { b3: `${TRACE}-${CALLER}-1` } });
          const [above, below] = spans();
          const b3 = app.seen.at(-1)?.headers;
          assert.deepEqual([b3?.b3, b3?.traceparent], [`${TRACE}-${below.spanId}-1-${above.spanId}`, undefined]);

          await ask({ headers: { "x-b3-traceid": TRACE, "x-b3-spanid": CALLER, "x-b3-flags": "1" } });
          const [first, second] = spans();
          const multi = app.seen.at(-1)?.headers ?? {};
          assert.deepEqual(
            ["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"].map((name) => multi[name]),
            [TRACE, second.spanId, first.spanId, undefined, "1"],
          );

          const unsampled = { traceparent: `00-${TRACE}-${CALLER}-00`, tracestate: "a=b", b3: "0", "x-b3-sampled": "0" };
          await ask({ headers: unsampled });
          for (const [name, value] of Object.entries(unsampled)) assert.equal(app.seen.at(-1)?.headers[name], value, name);
          await ask({});
          assert.equal(app.seen.at(-1)?.headers.traceparent, undefined);
          for (const record of spans()) assert.deepEqual([record.traceId, record.spanId, record.parentSpanId], ["", "", ""]);
        });
      });
    }
  }
}

describe("one proxy", () => {
  /** A proxy that traces all it may, before a backend that keeps what it got. */
  async function start(t: TestContext, tracesPerMillion = 1_000_000) {
    const backend = await RawBackend.start(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    const view = new StubView([endpoint(backend.port)]);
    view.addInbound(backend.port);
    const engine = startEngine({ view, tracesPerMillion });
    t.after(async () => {
      await engine.close();
      await backend.close();
    });
    const mtls = { peerIdentity: "spiffe://cluster.local/ns/default/sa/web", mtls: true, alpn: ALPN.H1 };
    const ports = {
      outbound: await engine.listen(engine.outbound.upstream(DESTINATION)),
      inbound: await engine.listen(engine.inbound.port(backend.port), plain),
      mesh: await engine.listen(engine.inbound.port(backend.port), (socket) => ({ socket, ...mtls })),
    };
    /** Lines the backend got that say something of a trace. */
    const send = async (port: number, ...lines: string[]): Promise<string[]> => {
      backend.connections.length = 0;
      engine.outbound.close();
      engine.inbound.close();
      const client = await RawClient.connect(port);
      client.send(`GET / HTTP/1.1\r\nHost: api\r\n${lines.map((line) => `${line}\r\n`).join("")}Connection: close\r\n\r\n`);
      await client.untilClosed();
      client.close();
      return backend.text.split("\r\n").filter((line) => /^(traceparent|tracestate|b3|x-b3)/i.test(line));
    };
    return { engine, ports, send };
  }

  it("begins a trace for its own application and for a caller in plaintext, never for a peer's proxy", async (t) => {
    const { engine, ports, send } = await start(t);
    for (const port of [ports.outbound, ports.inbound]) {
      const got = await send(port);
      const { traceId, spanId, parentSpanId } = lastOf(engine);
      assert.deepEqual([got, parentSpanId], [[`traceparent: 00-${traceId}-${spanId}-01`], ""]);
    }
    assert.deepEqual(await send(ports.mesh), []);
    assert.equal(lastOf(engine).traceId, "");
  });

  it("a traceparent that cannot be read begins anew, without the state of the other", async (t) => {
    const { engine, ports, send } = await start(t);
    const broken = ["TraceParent: 00-zz-zz-01", "TraceState: a=b"];
    const got = await send(ports.outbound, ...broken);
    const { traceId, spanId } = lastOf(engine);
    assert.deepEqual(got, [`traceparent: 00-${traceId}-${spanId}-01`]);
    assert.deepEqual(await send(ports.mesh, ...broken), broken);
    const doubled = `traceparent: 00-${TRACE}-${CALLER}-01`;
    await send(ports.outbound, doubled, doubled);
    assert.notEqual(lastOf(engine).traceId, TRACE);
  });

  it("names in any case are the same; Connection takes none away", async (t) => {
    const { engine, ports, send } = await start(t, 0);
    const got = await send(
      ports.outbound,
      `X-B3-TRACEID: ${TRACE}`,
      `x-B3-SpanId: ${CALLER}`,
      "X-b3-Sampled: 1",
      "X-B3-ParentSpanId: 1111111111111111",
    );
    const { spanId } = lastOf(engine);
    assert.deepEqual(got, [`x-b3-traceid: ${TRACE}`, `x-b3-spanid: ${spanId}`, `x-b3-parentspanid: ${CALLER}`, "x-b3-sampled: 1"]);
    await send(ports.outbound, "Connection: traceparent", `TRACEPARENT: 00-${TRACE}-${CALLER}-01`);
    assert.equal(lastOf(engine).parentSpanId, CALLER);
  });

  it("requests on one connection each have their own", async (t) => {
    const { engine, ports } = await start(t, 0);
    const client = await RawClient.connect(ports.outbound);
    const with01 = `traceparent: 00-${TRACE}-${CALLER}-01\r\n`;
    client.send(
      `GET /a HTTP/1.1\r\nHost: api\r\n${with01}\r\nGET /b HTTP/1.1\r\nHost: api\r\n\r\nGET /c HTTP/1.1\r\nHost: api\r\n${with01}Connection: close\r\n\r\n`,
    );
    await client.untilClosed();
    client.close();
    assert.deepEqual(
      engine.observer.records.map(({ path, parentSpanId }) => [path, parentSpanId]),
      [
        ["/a", CALLER],
        ["/b", ""],
        ["/c", CALLER],
      ],
    );
    assert.equal(new Set(engine.observer.records.map(({ spanId }) => spanId)).size, 3);
  });

  it("what the proxy answers itself is a span with its reason", async (t) => {
    const { engine, ports } = await start(t);
    const client = await RawClient.connect(ports.outbound);
    client.send(`GET /%zz HTTP/1.1\r\nHost: api\r\ntraceparent: 00-${TRACE}-${CALLER}-01\r\nConnection: close\r\n\r\n`);
    await client.untilClosed();
    client.close();
    const { traceId, parentSpanId, reason } = lastOf(engine);
    assert.deepEqual([traceId, parentSpanId, reason], [TRACE, CALLER, "bad-path"]);
  });
});
