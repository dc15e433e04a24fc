/** `grpc-timeout`: the mesh ends a call whose time is over, whoever is to blame, and tells each hop what is left. */
import assert from "node:assert/strict";
import { type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream, connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Policy, Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Fault } from "../../../../src/messages/gen/meshctl/policy/v1/fault.ts";
import type { Transport } from "../../../../src/proxy/contract.ts";
import { parseGrpcTimeout } from "../../../../src/proxy/http/grpc-timeout.ts";
import { plain, plainDialer, startEngine } from "../../../support/http/engine.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { until } from "../sides.ts";
import { startPair } from "./pair.ts";

const CANCEL = 8;

interface App {
  readonly port: number;
  readonly heads: IncomingHttpHeaders[];
  /** Codes by which streams were reset. */
  readonly resets: number[];
}

/** `/silent` says nothing, `/half` begins its answer and stops; else an answer of trailers only. */
async function startApp(t: TestContext): Promise<App> {
  const app: { port: number; heads: IncomingHttpHeaders[]; resets: number[] } = { port: 0, heads: [], resets: [] };
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    app.heads.push(headers);
    stream.on("error", () => {});
    stream.on("close", () => {
      if (stream.rstCode !== 0) app.resets.push(stream.rstCode);
    });
    stream.resume();
    if (headers[":path"] === "/silent") return;
    stream.respond({ ":status": 200, "content-type": "application/grpc", ...(headers[":path"] === "/half" ? {} : { "grpc-status": "0" }) });
    if (headers[":path"] === "/half") stream.write("half of a mess");
    else stream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  app.port = (server.address() as AddressInfo).port;
  return app;
}

interface Ended {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
  readonly rstCode: number;
  readonly ms: number;
}

/** A client that keeps no deadline of its own. */
function client(t: TestContext, port: number): (path: string, timeout: string, type?: string) => Promise<Ended> {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
  t.after(() => session.destroy());
  return (path, timeout, type = "application/grpc") =>
    new Promise((resolve) => {
      const startedMs = performance.now();
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      let body = "";
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        ":authority": "api",
        "content-type": type,
        te: "trailers",
        "grpc-timeout": timeout,
      });
      stream.setEncoding("latin1");
      stream.on("response", (head) => (headers = head));
      stream.on("trailers", (head) => (trailers = head));
      stream.on("data", (text: string) => (body += text));
      stream.on("error", () => {});
      stream.on("close", () => resolve({ headers, trailers, body, rstCode: stream.rstCode ?? 0, ms: performance.now() - startedMs }));
      // The request goes on as long as the call: a stream of messages.
      stream.write("a message");
    });
}

function exceeded({ headers, trailers, body }: Ended): void {
  assert.deepEqual([headers[":status"], headers["grpc-status"], headers["x-meshctl-reason"]], [200, "4", "deadline-exceeded"]);
  assert.match(String(headers["grpc-message"]), /^meshctl: deadline-exceeded: /);
  assert.deepEqual([trailers, body], [{}, ""]);
}

test("an application that says nothing: status 4 when the time is over, the application's stream is cancelled", async (t) => {
  const app = await startApp(t);
  const { port, outer, outboundSide, inboundSide } = await startPair(t, { appPort: app.port, protocol: Protocol.GRPC });
  const ask = client(t, port);
  const [ended, other] = await Promise.all([ask("/silent", "300m"), ask("/", "1H")]);
  exceeded(ended);
  assert.ok(ended.ms >= 299, `after ${ended.ms} ms`);
  assert.equal(other.headers["grpc-status"], "0", "its neighbour on the same connections");
  await until("the application's stream", () => app.resets.length === 1);
  assert.deepEqual(app.resets, [CANCEL]);
  await until("every exchange", () => outboundSide.activeRequests + inboundSide.activeRequests === 0);
  const record = outer.observer.records.find(({ path }) => path === "/silent");
  assert.deepEqual([record?.reason, record?.status, record?.grpcStatus, record?.attempts], ["deadline-exceeded", 200, 4, 1]);
  assert.equal(outer.engine.wheel.size, 2, "the two connections' deadlines, none of a call");
});

test("an answer that has begun ends in trailers that say so", async (t) => {
  const app = await startApp(t);
  const { port } = await startPair(t, { appPort: app.port, protocol: Protocol.GRPC });
  const { headers, trailers, body, rstCode } = await client(t, port)("/half", "300m");
  assert.deepEqual([headers[":status"], headers["grpc-status"], body], [200, undefined, "half of a mess"]);
  assert.deepEqual([trailers["grpc-status"], trailers["x-meshctl-reason"], rstCode], ["4", "deadline-exceeded", 0]);
  await until("the application's stream", () => app.resets.length === 1);
  assert.deepEqual(app.resets, [CANCEL]);
});

test("each hop is told what is left: never more than the client gave, less once time has passed", async (t) => {
  const app = await startApp(t);
  const dialer = plainDialer();
  const view = new StubView([]);
  view.addService("api", 80, [endpoint(app.port)], [], Protocol.GRPC);
  const slowMs = 120;
  const engine = startEngine({
    view,
    dialer: { dial: (...how) => void setTimeout(() => dialer.dial(...how), slowMs) },
  });
  t.after(() => engine.close());
  const ask = client(t, await engine.listen(engine.outbound.upstream(DESTINATION), http2));
  await ask("/", "2S");
  await ask("/", "99999999H");
  const [first, second] = app.heads.map((head) => parseGrpcTimeout(String(head["grpc-timeout"])));
  assert.ok((first as number) > 0 && (first as number) <= 2_000 - slowMs, `${first} ms`);
  assert.ok((second as number) <= parseGrpcTimeout("99999999H"));
});

test("a call ends on time wherever it waits: for a connection, for configuration, for a delay of an hour", async (t) => {
  const silent = { dial: () => {} };
  const service = (fault: readonly Policy[]): StubView => {
    const view = new StubView([]);
    view.addService("api", 80, [endpoint(1)], fault, Protocol.GRPC);
    return view;
  };
  const undecided = service([]);
  undecided.resolveOutbound = () => {};
  const delay = Fault.fromPartial({ rules: [{ delay: { fixedMs: 3_600_000, basisPoints: 10_000 } }] });
  const policy = Policy.fromPartial({
    id: "fault",
    config: Buffer.from(Fault.encode(delay).finish()),
    origin: "FaultInjection/default/api",
  });
  for (const [view, destination] of [
    [undecided, "default/elsewhere:80"],
    [service([]), DESTINATION],
    [service([policy]), DESTINATION],
  ] as const) {
    const engine = startEngine({ view, dialer: silent });
    t.after(() => engine.close());
    const side = engine.outbound.upstream(destination);
    const ask = client(t, await engine.listen(side, http2));
    const timers = lastingTimers();
    exceeded(await ask("/", "60m"));
    assert.equal(side.activeRequests, 0);
    assert.equal(lastingTimers(), timers, "nothing waits on for a call that is over");
  }
});

/** Those that keep a process alive. */
function lastingTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

test("what is no time is refused before anybody is asked; a call whose time is over already too", async (t) => {
  const app = await startApp(t);
  const { port } = await startPair(t, { appPort: app.port, protocol: Protocol.GRPC });
  const ask = client(t, port);
  for (const text of ["", "5", "5s", "123456789m", "-1S", "1S, 2S", "1.5S"]) {
    const { headers } = await ask("/", text);
    assert.deepEqual([headers["grpc-status"], headers["x-meshctl-reason"]], ["13", "bad-grpc-timeout"], text);
  }
  exceeded(await ask("/", "0m"));
  assert.equal(app.heads.length, 0);
});

test("only gRPC calls have it: elsewhere the header passes as it came", async (t) => {
  const app = await startApp(t);
  const { port } = await startPair(t, { appPort: app.port, protocol: Protocol.HTTP2 });
  const { headers } = await client(t, port)("/", "whenever", "application/json");
  assert.equal(headers[":status"], 200);
  assert.equal(app.heads[0]?.["grpc-timeout"], "whenever");
});

function http2(socket: Parameters<typeof plain>[0]): Transport {
  return { ...plain(socket), alpn: "h2c" };
}
