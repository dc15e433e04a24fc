/** Promise S10, and what else of a head does or does not pass. Each row: lines as sent, lines as forwarded. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Transport } from "../../../../src/proxy/contract.ts";
import { type TestEngine, plain, plainDialer, startEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const CALLER = "spiffe://cluster.local/ns/shop/sa/cart";
const SERVER = "spiffe://cluster.local/ns/default/sa/api";

let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
let backend: RawBackend;
let engine: TestEngine;
let plainPort: number;
let meshPort: number;
let inboundPlainPort: number;
let inboundMeshPort: number;

before(async () => {
  backend = await RawBackend.start((connection) => answering(answer)(connection));
  const view = new StubView([endpoint(backend.port)]);
  view.addService("meshed", 80, [endpoint(backend.port, SERVER)]);
  view.addInbound(backend.port);
  const mtls = (socket: Transport["socket"], identity: string): Transport => ({
    socket,
    peerIdentity: identity,
    mtls: identity !== "",
    alpn: identity === "" ? "" : "meshctl/h1",
  });
  engine = startEngine({ view, dialer: plainDialer(mtls) });
  plainPort = await engine.listen(engine.outbound.upstream(DESTINATION));
  meshPort = await engine.listen(engine.outbound.upstream("default/meshed:80"));
  inboundPlainPort = await engine.listen(engine.inbound.port(backend.port), plain);
  inboundMeshPort = await engine.listen(engine.inbound.port(backend.port), (socket) => mtls(socket, CALLER));
});

after(async () => {
  await engine.close();
  await backend.close();
});

/** Header lines the backend got for a GET with `lines` beside Host, and the answer. */
async function send(port: number, lines: readonly string[]): Promise<{ got: string[]; answered: string }> {
  backend.connections.length = 0;
  engine.outbound.close();
  engine.inbound.close();
  const client = await RawClient.connect(port);
  client.send(`GET / HTTP/1.1\r\nHost: api\r\nX-Request-Id: r1\r\n${lines.map((line) => `${line}\r\n`).join("")}Connection: close\r\n\r\n`);
  await client.untilClosed();
  client.close();
  const got = backend.text.split("\r\n").slice(1, -2);
  return { got: got.filter((line) => line !== "Host: api" && line !== "X-Request-Id: r1"), answered: client.text };
}

const REQUEST_ROWS: readonly (readonly [name: string, sent: readonly string[], forwarded: readonly string[]])[] = [
  ["our headers in lower case", ["x-meshctl-source: a/b"], []],
  ["in capitals", ["X-MESHCTL-SOURCE: a/b"], []],
  ["with underscores", ["x_meshctl_source: a/b", "X-Meshctl_Policy: p"], []],
  ["ones nobody knows", ["X-Meshctl-Anything: 1", "x-meshctl-: 2"], []],
  ["the reason", ["X-Meshctl-Reason: no-route"], []],
  ["a name that only begins alike", ["X-Meshctlx: 1", "x-meshct: 2"], ["X-Meshctlx: 1", "x-meshct: 2"]],
  ["forwarded identity", ["X-Forwarded-Client-Cert: By=spiffe://x", "x_forwarded_client_cert: y"], []],
  ["hop-by-hop lines", ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers"], []],
  ["credentials for a proxy", ["Proxy-Authorization: Basic x"], []],
  ["a nominated line", ["Connection: x-one, X-Two", "X-One: 1", "X-TWO: 2", "X-Three: 3"], ["X-Three: 3"]],
  ["a nominated request id stays", ["Connection: x-request-id"], []],
  ["nominated trace context stays", ["Connection: traceparent", "traceparent: 00-1-1-01"], ["traceparent: 00-1-1-01"]],
  ["a nominated Host stays", ["Connection: host"], []],
  ["nominated nonsense", ["Connection: ,, ;, x y", "X: 1"], ["X: 1"]],
  ["lookalikes of framing", ["Content_Length: 5", "Transfer_Encoding: chunked"], []],
  ["an upgrade that Connection does not name", ["Upgrade: websocket"], []],
  ["h2c among others", ["Connection: upgrade", "Upgrade: websocket, h2c"], []],
  ["__proto__ and constructor", ["__proto__: 1", "constructor: 2"], ["__proto__: 1", "constructor: 2"]],
  ["ordinary lines, byte for byte", ["aCCept:  */* ", "Cookie: a=b; c=d"], ["aCCept:  */* ", "Cookie: a=b; c=d"]],
];

for (const [flavour, port] of [
  ["outbound, plaintext upstream", () => plainPort],
  ["inbound, plaintext peer", () => inboundPlainPort],
  ["inbound, mesh peer", () => inboundMeshPort],
] as const) {
  describe(`request lines: ${flavour}`, () => {
    for (const [name, sent, forwarded] of REQUEST_ROWS) {
      test(name, async () => {
        const { got } = await send(port(), sent);
        assert.deepEqual(got, forwarded);
      });
    }
  });
}

describe("between proxies", () => {
  test("the application's own are replaced by ours", async () => {
    const { got } = await send(meshPort, ["X-Meshctl-Source: evil/admin", "Connection: x-meshctl-source"]);
    assert.deepEqual(got, ["x-meshctl-source: default/web"]);
  });

  test("a source is believed in the namespace its certificate proves", async () => {
    await send(inboundMeshPort, ["x-meshctl-source: shop/cart-v2"]);
    assert.equal(engine.observer.records.at(-1)?.source, "shop/cart-v2");
    await send(inboundMeshPort, ["x-meshctl-source: bank/vault"]);
    assert.equal(engine.observer.records.at(-1)?.source, "shop/cart");
    await send(inboundPlainPort, ["x-meshctl-source: bank/vault"]);
    assert.equal(engine.observer.records.at(-1)?.source, "127.0.0.1");
  });
});

describe("answer lines", () => {
  const made =
    "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nx-meshctl-reason: overloaded\r\nx-meshctl-policy: P/ns/n\r\nX-Meshctl-New: 1\r\n\r\nno";

  test("the reason of a peer proxy reaches the application, its policy only the record", async () => {
    answer = made;
    const { answered } = await send(meshPort, []);
    assert.equal(answered, "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nx-meshctl-reason: overloaded\r\nConnection: close\r\n\r\nno");
    assert.equal(engine.observer.records.at(-1)?.reason, "overloaded");
    assert.equal(engine.observer.records.at(-1)?.policy, "P/ns/n");
  });

  for (const [name, port] of [
    ["a plaintext upstream", () => plainPort],
    ["the application, to a mesh peer", () => inboundMeshPort],
  ] as const) {
    test(`those of ${name} are stripped`, async () => {
      answer = made;
      const { answered } = await send(port(), []);
      assert.equal(answered, "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    });
  }

  test("hop-by-hop and nominated lines of the upstream stay behind", async () => {
    answer =
      "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nX-One: 1\r\nConnection: keep-alive, x-one\r\nContent-Length: 2\r\nX-Two: 2\r\n\r\nok";
    const { answered } = await send(plainPort, []);
    assert.equal(answered, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Two: 2\r\nConnection: close\r\n\r\nok");
  });
});
