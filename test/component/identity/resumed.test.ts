/** A resumed TLS session skips the certificates on the wire; it must not skip the judgement of them. */
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { formatPrivateKey, publicKeyDer } from "../../../src/identity/keys.ts";
import { PeerVerifier } from "../../../src/identity/peer-verifier.ts";
import { formatCertificatesPem } from "../../../src/identity/pem.ts";
import { presentedChain } from "../../../src/identity/presented-chain.ts";
import { createTrustBundle } from "../../../src/identity/trust-bundle.ts";
import type { PeerVerdict } from "../../../src/identity/verify-chain.ts";
import { newCa, newKey, newLeaf } from "../../unit/identity/pki.ts";

const life = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
const root = newCa("root", null, life);
const issuer = newCa("issuer", root, life);
const keys = { server: newKey(), client: newKey() };
const leaf = (key: typeof keys.client) => formatCertificatesPem([newLeaf(issuer, { ...life, publicKey: publicKeyDer(key) }), issuer.der]);
const ca = formatCertificatesPem([root.der]);
const client = { key: formatPrivateKey(keys.client), cert: leaf(keys.client) };
let server: Server;
let bundle = createTrustBundle("cluster.local", [root.der]);
const revoked = new Set<string>();
const verifier = new PeerVerifier(
  () => bundle,
  (_, identity) => revoked.has(identity),
);

before(async () => {
  server = createServer({ key: formatPrivateKey(keys.server), cert: leaf(keys.server), ca, requestCert: true, rejectUnauthorized: true });
  server.on("secureConnection", (socket: TLSSocket) => socket.on("error", () => {}).write("x"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => server.close());

interface Seen {
  readonly verdict: PeerVerdict;
  readonly resumed: boolean;
  /** To come back with. */
  readonly session: Buffer;
}

/** What the server makes of a client that comes with this session. */
async function visit(session?: Buffer): Promise<Seen> {
  const { port } = server.address() as AddressInfo;
  const seen = new Promise<Omit<Seen, "session">>((resolve) => {
    server.once("secureConnection", (socket: TLSSocket) => {
      const verdict = verifier.verify(presentedChain(socket.getPeerX509Certificate()), Date.now());
      resolve({ verdict, resumed: socket.isSessionReused() });
    });
  });
  const socket = connect({ host: "127.0.0.1", port, ca, ...client, session, checkServerIdentity: () => undefined });
  // Under TLS 1.3 tickets come after the handshake, to whoever reads; a resumed connection need not get another.
  const ticket = new Promise<Buffer>((resolve) => socket.once("session", resolve));
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", resolve);
  });
  const result = await seen;
  const next = session ?? (await ticket);
  socket.destroy();
  return { ...result, session: next };
}

test("a resumed connection is judged like a new one: accepted, and refused once trust has changed", async () => {
  const first = await visit();
  assert.deepEqual([first.verdict.ok, first.resumed], [true, false]);
  const second = await visit(first.session);
  assert.deepEqual([second.verdict.ok, second.resumed], [true, true]);

  revoked.add("spiffe://cluster.local/ns/default/sa/web");
  const third = await visit(second.session);
  assert.deepEqual([third.verdict.ok ? "accepted" : third.verdict.code, third.resumed], ["revoked", true]);
  revoked.clear();

  bundle = createTrustBundle("cluster.local", [newCa("another root", null, life).der]);
  const fourth = await visit(third.session);
  assert.deepEqual([fourth.verdict.ok, fourth.resumed], [false, true]);
});
