import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, connect as connectTls } from "node:tls";
import { describe, it, type TestContext } from "node:test";
import { ALPN } from "../../../../src/messages/names.ts";
import type { Transport } from "../../../../src/proxy/contract.ts";
import { MeshTransport } from "../../../../src/proxy/tls/mesh-transport.ts";
import { API, TestMesh, TestSource, trustIn, WEB } from "../pki.ts";
import {
  acceptorSide,
  dialSide,
  endpoint,
  listening,
  PERMISSIVE_HTTP,
  PERMISSIVE_TCP,
  readAll,
  STRICT_HTTP,
  STRICT_TCP,
  until,
} from "../sides.ts";

const mesh = new TestMesh("ours");
const foreign = new TestMesh("foreign");
const trust = trustIn([mesh]);
const api = (): TestSource => new TestSource(mesh.issue(API), trust);
const web = (): TestSource => new TestSource(mesh.issue(WEB), trust);

async function exchange(transport: Transport, text: string): Promise<string> {
  transport.socket.end(text);
  return (await readAll(transport.socket)).text;
}

describe("two proxies", () => {
  for (const [want, alpn, mode] of [
    ["http", ALPN.H1, STRICT_HTTP],
    ["tcp", ALPN.TCP, STRICT_TCP],
  ] as const) {
    it(`prove themselves to each other and speak ${alpn}`, async (t) => {
      const server = await acceptorSide(t, api(), { mode });
      const dialled = await dialSide(t, web()).dial(endpoint(server.port, API), want);
      assert.ok("transport" in dialled, JSON.stringify(dialled));
      assert.equal(dialled.transport.alpn, alpn);
      assert.equal(dialled.transport.peerIdentity, API);
      assert.equal(await exchange(dialled.transport, "hello"), "hello");
      const [accepted] = want === "http" ? server.http : server.tcp;
      assert.equal(accepted?.peerIdentity, WEB);
      assert.equal(accepted?.mtls, true);
      assert.equal(accepted?.alpn, alpn);
    });
  }

  it("do not agree on meshctl/tcp at a port declared http, nor on meshctl/h1 at a tcp port", async (t) => {
    const http = await acceptorSide(t, api(), { mode: STRICT_HTTP });
    const tcp = await acceptorSide(t, api(), { mode: STRICT_TCP });
    const { dial } = dialSide(t, web());
    assert.equal(reasonOf(await dial(endpoint(http.port, API), "tcp")), "protocol-mismatch");
    assert.equal(reasonOf(await dial(endpoint(tcp.port, API), "http")), "protocol-mismatch");
    assert.equal(http.tcp.length + tcp.http.length, 0);
  });
});

describe("a dialler refuses", () => {
  it("a peer of another workload", async (t) => {
    const server = await acceptorSide(t, new TestSource(mesh.issue(WEB), trust), { mode: STRICT_HTTP });
    const dialled = await dialSide(t, web()).dial(endpoint(server.port, API), "http");
    assert.equal(reasonOf(dialled), "peer-identity-mismatch");
    assert.match("message" in dialled ? dialled.message : "", /expected spiffe:.*\/api, the peer is spiffe:.*\/web/);
  });

  it("a peer of a foreign CA with the right identity", async (t) => {
    const server = await acceptorSide(t, new TestSource(foreign.issue(API), trustIn([mesh, foreign])), { mode: STRICT_HTTP });
    assert.equal(reasonOf(await dialSide(t, web()).dial(endpoint(server.port, API), "http")), "peer-untrusted");
  });

  it("a peer whose certificate has ended", async (t) => {
    const ended = mesh.issue(API, { notBeforeMs: Date.now() - 120_000, notAfterMs: Date.now() - 5_000 });
    const server = await acceptorSide(t, new TestSource(ended, trust), { mode: STRICT_HTTP });
    assert.equal(reasonOf(await dialSide(t, web()).dial(endpoint(server.port, API), "http")), "peer-untrusted");
  });

  it("a revoked peer, by serial and by identity", async (t) => {
    const leaf = mesh.issue(API);
    const server = await acceptorSide(t, new TestSource(leaf, trust), { mode: STRICT_HTTP });
    for (const revoked of [{ serials: [leaf.serial] }, { identities: [API] }]) {
      const source = new TestSource(mesh.issue(WEB), trustIn([mesh], revoked));
      assert.equal(reasonOf(await dialSide(t, source).dial(endpoint(server.port, API), "http")), "peer-untrusted");
    }
  });

  it("a peer that does not speak TLS, refuses connections, or says nothing", async (t) => {
    const plain = await acceptorSide(t, api(), { mode: { ...PERMISSIVE_TCP, mtls: 3 } });
    const silent = await rawServer(t, () => {});
    const { dial } = dialSide(t, web(), 300);
    assert.match(reasonOf(await dial(endpoint(plain.port, API), "http")), /protocol-mismatch|connect-failed|connect-timeout/);
    assert.equal(reasonOf(await dial(endpoint(silent, API), "http")), "connect-timeout");
    assert.equal(reasonOf(await dial(endpoint(1, API), "http")), "connect-failed");
  });

  it("to go out without a certificate, and never in plaintext", async (t) => {
    const seen: Socket[] = [];
    const port = await rawServer(t, (socket) => seen.push(socket));
    assert.equal(reasonOf(await dialSide(t, new TestSource(null, trust)).dial(endpoint(port, API), "http")), "no-identity");
    assert.equal(seen.length, 0);
  });

  it("to resume: a server that offers tickets is asked for its certificate again, and judged again", async (t) => {
    const server = createTlsServer({
      ...pemOf(mesh.issue(API)),
      ca: mesh.rootPem,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: [ALPN.H1],
    });
    let resumed = 0;
    server.on("secureConnection", (socket) => {
      if (socket.isSessionReused()) resumed += 1;
      socket.on("error", () => {});
      socket.end("tickets first");
    });
    const port = await listening(server);
    t.after(() => server.close());
    const { dial } = dialSide(t, web());
    for (let round = 0; round < 3; round += 1) {
      const dialled = await dial(endpoint(port, API), "http");
      assert.ok("transport" in dialled);
      await readAll(dialled.transport.socket);
    }
    assert.equal(resumed, 0);
    // The same address now belongs to somebody else's expectations.
    assert.equal(reasonOf(await dial(endpoint(port, WEB), "http")), "peer-identity-mismatch");
  });
});

describe("a detecting listener refuses", () => {
  const cases: readonly (readonly [string, () => { key?: string; cert?: string }, string])[] = [
    ["a client of a foreign CA with one of our identities", () => pemOf(foreign.issue(WEB)), "peer-untrusted"],
    ["a client without a certificate", () => ({}), "mtls-required"],
    [
      "a client whose certificate has ended",
      () => pemOf(mesh.issue(WEB, { notBeforeMs: Date.now() - 120_000, notAfterMs: Date.now() - 5_000 })),
      "peer-untrusted",
    ],
    ["a client of another trust domain under our root", () => pemOf(mesh.issue("spiffe://elsewhere/ns/default/sa/web")), "peer-untrusted"],
  ];
  for (const [what, material, reason] of cases) {
    for (const mode of [STRICT_HTTP, PERMISSIVE_HTTP]) {
      it(`${what} (${mode === STRICT_HTTP ? "strict" : "permissive"})`, async (t) => {
        const server = await acceptorSide(t, api(), { mode });
        const client = connectTls({
          host: "127.0.0.1",
          port: server.port,
          ca: mesh.rootPem,
          ALPNProtocols: [ALPN.H1],
          checkServerIdentity: () => undefined,
          ...material(),
        });
        t.after(() => client.destroy());
        client.write("GET / HTTP/1.1\r\n\r\n");
        const { text } = await readAll(client);
        assert.equal(text, "");
        assert.equal(server.http.length, 0);
        await until("the refusal is told", () => server.refusals.length === 1);
        assert.equal(server.refusals[0]?.reason, reason);
      });
    }
  }

  it("a foreign root that both sides' TLS accepts: the leaf's own trust domain decides", async (t) => {
    // The foreign root is in the list TLS looks at, as it would be for a federated domain.
    const both = { ...trust, rootsPem: [mesh.rootPem, foreign.rootPem] };
    const server = await acceptorSide(t, new TestSource(mesh.issue(API), both), { mode: STRICT_HTTP });
    const client = connectTls({
      host: "127.0.0.1",
      port: server.port,
      ca: mesh.rootPem,
      ALPNProtocols: [ALPN.H1],
      checkServerIdentity: () => undefined,
      ...pemOf(foreign.issue(WEB)),
    });
    t.after(() => client.destroy());
    assert.equal((await readAll(client)).text, "");
    assert.equal(server.http.length, 0);
    assert.equal(server.refusals[0]?.reason, "peer-untrusted");

    const impostor = await acceptorSide(t, new TestSource(foreign.issue(API), trustIn([mesh, foreign])), { mode: STRICT_HTTP });
    const dialled = await dialSide(t, new TestSource(mesh.issue(WEB), both)).dial(endpoint(impostor.port, API), "http");
    assert.equal(reasonOf(dialled), "peer-untrusted");
  });

  it("a session that was resumed: none ever is", async (t) => {
    const server = await acceptorSide(t, api(), { mode: STRICT_HTTP, http: ({ socket }) => socket.end("hello") });
    const options = {
      host: "127.0.0.1",
      port: server.port,
      ca: mesh.rootPem,
      ALPNProtocols: [ALPN.H1],
      checkServerIdentity: () => undefined,
    };
    const first = connectTls({ ...options, ...pemOf(mesh.issue(WEB)) });
    let session: Buffer | undefined;
    first.on("session", (ticket: Buffer) => {
      session = ticket;
    });
    await readAll(first);
    // Whoever got hold of a session has no certificate to show.
    const second = connectTls({ ...options, session });
    t.after(() => second.destroy());
    const { text } = await readAll(second);
    assert.equal(text, "");
    assert.notEqual(second.isSessionReused(), true);
    assert.equal(server.http.length, 1);
  });

  it("plaintext where mutual TLS is required, without a byte", async (t) => {
    for (const mode of [STRICT_HTTP, STRICT_TCP]) {
      const server = await acceptorSide(t, api(), { mode });
      const client = connect(server.port, "127.0.0.1");
      client.write("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
      assert.equal((await readAll(client)).text, "");
      assert.equal(server.refusals[0]?.reason, "mtls-required");
    }
  });

  it("everybody while it has no certificate, in permissive mode too", async (t) => {
    const source = new TestSource(null, trust);
    const server = await acceptorSide(t, source, { mode: PERMISSIVE_HTTP });
    const client = connect(server.port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
    assert.equal((await readAll(client)).text, "");
    assert.equal(server.refusals[0]?.reason, "no-identity");
    source.set(mesh.issue(API));
    const dialled = await dialSide(t, web()).dial(endpoint(server.port, API), "http");
    assert.ok("transport" in dialled, "the listener has to serve as soon as the certificate is there");
  });

  it("everybody while the port has no configuration", async (t) => {
    const server = await acceptorSide(t, api(), { mode: null });
    assert.match(reasonOf(await dialSide(t, web()).dial(endpoint(server.port, API), "http")), /connect-failed/);
    assert.equal(server.refusals[0]?.reason, "no-config");
  });

  it("a beginning that never becomes clear", async (t) => {
    const server = await acceptorSide(t, api(), { mode: STRICT_HTTP, deadlineMs: 150 });
    const client = connect(server.port, "127.0.0.1");
    client.write(Buffer.from([22, 3, 1]));
    await readAll(client);
    assert.equal(server.refusals[0]?.reason, "header-timeout");
  });
});

describe("a permissive listener", () => {
  it("serves plaintext HTTP and TCP, and passes the application's own TLS through", async (t) => {
    const http = await acceptorSide(t, api(), { mode: PERMISSIVE_HTTP });
    const tcp = await acceptorSide(t, api(), { mode: PERMISSIVE_TCP });
    const one = connect({ port: http.port, host: "127.0.0.1" });
    one.end("GET / HTTP/1.1\r\n\r\n");
    assert.equal((await readAll(one)).text, "GET / HTTP/1.1\r\n\r\n");
    assert.deepEqual([http.http[0]?.mtls, http.http[0]?.peerIdentity], [false, ""]);

    const two = connect({ port: tcp.port, host: "127.0.0.1" });
    two.end("\x01binary");
    assert.equal((await readAll(two)).text, "\x01binary");

    const own = connectTls({ host: "127.0.0.1", port: tcp.port, rejectUnauthorized: false });
    own.on("error", () => {});
    t.after(() => own.destroy());
    // The echo gives our own ClientHello back: it went through untouched.
    await until("the ClientHello arrived as opaque bytes", () => tcp.tcp.length === 2);
    assert.equal(tcp.tcp[1]?.mtls, false);
  });

  it("lets the application speak first", async (t) => {
    const server = await acceptorSide(t, api(), { mode: PERMISSIVE_TCP, tcp: ({ socket }) => socket.end("220 ready\r\n") });
    const client = connect({ port: server.port, host: "127.0.0.1" });
    assert.equal((await readAll(client)).text, "220 ready\r\n");
  });
});

describe("a ClientHello in pieces", () => {
  it("is understood when every byte is a segment", async (t) => {
    const server = await acceptorSide(t, api(), { mode: STRICT_HTTP });
    const proxyPort = await rawServer(t, (socket) => byteByByte(socket, server.port));
    const dialled = await dialSide(t, web(), 10_000).dial(endpoint(proxyPort, API), "http");
    assert.ok("transport" in dialled, JSON.stringify(dialled));
    assert.equal(await exchange(dialled.transport, "hello"), "hello");
  });
});

describe("certificates in motion", () => {
  it("are exchanged without a restart; standing connections go on", async (t) => {
    const server = api();
    const client = web();
    const side = await acceptorSide(t, server, { mode: STRICT_TCP });
    const { dial } = dialSide(t, client);
    const before = await dial(endpoint(side.port, API), "tcp");
    assert.ok("transport" in before);
    const next = mesh.issue(API);
    server.set(next);
    client.set(mesh.issue(WEB));
    const afterwards = await dial(endpoint(side.port, API), "tcp");
    assert.ok("transport" in afterwards);
    assert.ok(afterwards.transport instanceof MeshTransport);
    assert.equal(afterwards.transport.peer.serial, next.serial);
    assert.equal(await exchange(before.transport, "still here"), "still here");
  });

  it("retire connections before either leaf ends", async (t) => {
    const short = mesh.issue(API, { notBeforeMs: Date.now() - 10_000, notAfterMs: Date.now() + 1_500 });
    const side = await acceptorSide(t, new TestSource(short, trust), { mode: STRICT_HTTP });
    const dialled = await dialSide(t, web()).dial(endpoint(side.port, API), "http");
    assert.ok("transport" in dialled);
    await until("it is retired", () => dialled.transport.retired === true, 4_000);
    assert.equal(dialled.transport.socket.destroyed, false);
  });

  it("retire connections when their root leaves, and refuse the next", async (t) => {
    const server = api();
    const client = new TestSource(mesh.issue(WEB), trustIn([mesh, foreign]));
    const side = await acceptorSide(t, server, { mode: STRICT_HTTP });
    const { dial } = dialSide(t, client);
    const dialled = await dial(endpoint(side.port, API), "http");
    assert.ok("transport" in dialled);
    client.set(client.credentials(), trustIn([foreign]));
    assert.equal(dialled.transport.retired, true);
    assert.equal(reasonOf(await dial(endpoint(side.port, API), "http")), "peer-untrusted");
  });

  it("cut connections on revocation, and when the own leaf ends without a successor", async (t) => {
    for (const end of [
      (source: TestSource): void => source.set(source.credentials(), trustIn([mesh], { identities: [WEB] })),
      (source: TestSource): void => source.set(null),
    ]) {
      const server = api();
      const side = await acceptorSide(t, server, { mode: STRICT_TCP });
      const dialled = await dialSide(t, web()).dial(endpoint(side.port, API), "tcp");
      assert.ok("transport" in dialled);
      await until("the server side has it", () => side.tcp.length === 1);
      const ended = readAll(dialled.transport.socket);
      end(server);
      assert.equal((await ended).how, "reset");
    }
  });

  it("pass a reset on under TLS", async (t) => {
    const side = await acceptorSide(t, api(), { mode: STRICT_TCP, tcp: (transport) => transport.reset?.() });
    const dialled = await dialSide(t, web()).dial(endpoint(side.port, API), "tcp");
    assert.ok("transport" in dialled);
    assert.equal((await readAll(dialled.transport.socket)).how, "reset");
  });
});

function reasonOf(dialled: object): string {
  return "reason" in dialled ? String(dialled.reason) : "up";
}

function pemOf({ keyPem, chainPem }: { keyPem: string; chainPem: string }): { key: string; cert: string } {
  return { key: keyPem, cert: chainPem };
}

function rawServer(t: TestContext, accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    accept(socket);
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return listening(server);
}

/** Forwards the first 400 bytes one by one, the rest as it comes. */
function byteByByte(socket: Socket, port: number): void {
  const target = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  target.on("error", () => socket.destroy());
  target.pipe(socket);
  let queue = Buffer.alloc(0);
  let sent = 0;
  let pumping = false;
  let ended = false;
  const pump = (): void => {
    if (queue.length === 0) {
      pumping = false;
      if (ended) target.end();
      return;
    }
    pumping = true;
    const size = sent < 400 ? 1 : queue.length;
    target.write(queue.subarray(0, size));
    queue = queue.subarray(size);
    sent += size;
    setImmediate(pump);
  };
  socket.on("data", (chunk: Buffer) => {
    queue = Buffer.concat([queue, chunk]);
    if (!pumping) pump();
  });
  socket.on("end", () => {
    ended = true;
    if (!pumping) target.end();
  });
}
