import assert from "node:assert/strict";
import { once, type EventEmitter } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { connect as connectTcp } from "node:net";
import { after, describe, it } from "node:test";
import { testRoot } from "./pki.ts";
import { clientTls, CONTROLLER, startClient, startServer, Table, TYPE, until, WEB } from "./setup.ts";

/** Opens TLS, sends the HTTP/2 preface, and says whether the server ever answered a byte of HTTP/2. */
async function reachesHttp2(port: number, options: object): Promise<boolean> {
  const socket: TLSSocket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false, ...options });
  socket.on("error", () => {});
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  let answered = false;
  socket.on("data", () => {
    answered = true;
    socket.destroy();
  });
  await closed(socket);
  return answered;
}

/** `once` would reject on the error event that a refusal is. */
function closed(socket: EventEmitter): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

describe("the door of the discovery port", async () => {
  const root = await testRoot();
  const foreign = await testRoot("another mesh");
  const table = new Table();
  const refused: string[] = [];
  const { server, port } = await startServer(root, table, { onRefused: (_address, reason) => refused.push(reason) });
  after(() => server.close());

  it("lets a mesh certificate in", async () => {
    assert.equal(await reachesHttp2(port, await root.issue(WEB)), true);
  });

  for (const [what, options] of [
    ["no certificate", async () => ({})],
    ["a foreign root, even with our identity", async () => foreign.issue(WEB)],
    ["an expired certificate", async () => root.issue(WEB, { notAfter: new Date(Date.now() - 1_000) })],
    ["another trust domain under our root", async () => root.issue("spiffe://elsewhere/ns/default/sa/web")],
    ["no h2 in ALPN", async () => ({ ...(await root.issue(WEB)), ALPNProtocols: [] })],
    ["TLS 1.2", async () => ({ ...(await root.issue(WEB)), maxVersion: "TLSv1.2" })],
  ] as const) {
    it(`gives no byte of HTTP/2 to ${what}`, async () => {
      const before = refused.length;
      assert.equal(await reachesHttp2(port, await options()), false);
      await until(() => refused.length > before, "the refusal is told");
    });
  }

  it("gives no byte to plaintext HTTP/2", async () => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    await closed(socket);
    // At most a TLS alert record (type 21).
    assert.ok(chunks.length === 0 || chunks[0]?.[0] === 21);
  });

  it("takes new trust and a new leaf without a restart", async () => {
    const next = await testRoot("next root");
    assert.equal(await reachesHttp2(port, await next.issue(WEB)), false);
    const leaf = await next.issue(CONTROLLER, { ip: "127.0.0.1" });
    server.setCredentials({ ...leaf, roots: `${root.pem}\n${next.pem}` });
    assert.equal(await reachesHttp2(port, await next.issue(WEB)), true);
    assert.equal(await reachesHttp2(port, await root.issue(WEB)), true);
    const socket = connect({
      port,
      host: "127.0.0.1",
      ALPNProtocols: ["h2"],
      ca: next.pem,
      ...(await next.issue(WEB)),
      checkServerIdentity: () => undefined,
    });
    await once(socket, "secureConnect");
    assert.equal(socket.authorized, true);
    socket.destroy();
  });

  it("ends a stream with the certificate that opened it, and on demand", async () => {
    const { server: fresh, port: freshPort } = await startServer(root, table);
    const short = await clientTls(root, WEB, new Date(Math.ceil(Date.now() / 1000) * 1000 + 1_000));
    const first = startClient(freshPort, () => short);
    const tls = await clientTls(root);
    let second: ReturnType<typeof startClient> | null = null;
    try {
      first.client.subscribe(TYPE, "a");
      await until(() => first.client.state === "connected", "connected");
      await until(() => first.recorded.states.some((state) => state.startsWith("disconnected")), "the end of the leaf", 4_000);
      first.client.close();
      second = startClient(freshPort, () => tls);
      second.client.subscribe(TYPE, "a");
      await until(() => fresh.streams().length === 1, "a stream");
      assert.equal(
        fresh.disconnect((peer) => peer.identity === WEB),
        1,
      );
      await until(() => second?.recorded.states.some((state) => state.startsWith("disconnected")) ?? false, "the cut");
    } finally {
      first.client.close();
      second?.client.close();
      await fresh.close();
    }
  });
});
