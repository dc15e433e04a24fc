/** TLS of the application's own, through two sidecars: routed by the name it asks for, opened by nobody but its end. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { Health, MtlsMode, Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { selfSigned } from "../../../support/self-signed.ts";
import { API } from "../pki.ts";
import { readAll, until } from "../sides.ts";
import { startController } from "./controller.ts";
import { ready, type Sidecar, startSidecar } from "./sidecars.ts";

const own = selfSigned();

interface OwnTls {
  readonly web: Sidecar;
  /** Of the inbound listener before the application. */
  readonly inboundPort: number;
  /** Connections the application got. */
  readonly accepted: string[];
}

/** Service `default/vault:443` behind a sidecar, and a caller beside another one. */
async function ownTls(t: TestContext, mtls: MtlsMode = MtlsMode.STRICT): Promise<OwnTls> {
  const accepted: string[] = [];
  const app = createTlsServer({ key: own.keyPem, cert: own.certPem }, (socket) => {
    accepted.push(socket.servername || "");
    socket.on("error", () => {});
    socket.end("it is me\n");
  });
  app.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  t.after(() => app.close());
  const appPort = (app.address() as AddressInfo).port;
  const controller = await startController(t);
  controller.inbound("default/api", [{ port: appPort, protocol: Protocol.TCP, mtls, service: "default/vault:443" }]);
  const api = await startSidecar(t, controller, { name: "api", appPort, protocol: "tcp" });
  await ready(api);
  const inboundPort = api.ports.inbound[0] as number;
  const endpoint = { address: "127.0.0.1", port: inboundPort, identity: API, instance: "default/api", workload: "api", weight: 1 };
  controller.service("default/vault:443", Protocol.TCP, [{ ...endpoint, health: Health.READY }]);
  const web = await startSidecar(t, controller, { name: "web" });
  await ready(web);
  return { web, inboundPort, accepted };
}

/** What the client saw: the fingerprint of the certificate and the answer, or nothing. */
function call(t: TestContext, port: number, servername: string | undefined): Promise<{ certificate: string; text: string }> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, servername, ca: own.certPem, checkServerIdentity: () => undefined });
    t.after(() => socket.destroy());
    let text = "";
    let certificate = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    socket.once("secureConnect", () => {
      certificate = socket.getPeerX509Certificate()?.toString() ?? "";
    });
    socket.once("error", () => resolve({ certificate, text }));
    socket.once("close", () => resolve({ certificate, text }));
  });
}

/** A ClientHello as Node sends one. */
async function clientHello(t: TestContext, servername: string): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const first = new Promise<Buffer>((resolve) => server.once("connection", (socket) => socket.once("data", resolve)));
  const client = connectTls({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, servername });
  client.on("error", () => {});
  const bytes = await first;
  client.destroy();
  return bytes;
}

async function refusals(sidecar: Sidecar): Promise<string> {
  const text = await (await fetch(`http://127.0.0.1:${sidecar.ports.admin}/metrics`)).text();
  return [...text.matchAll(/^meshctl_exchanges_total\{(.*)\} (\d+)$/gm)]
    .map(([, labels = "", count]) => `${/reason="([^"]*)"/.exec(labels)?.[1]} ${count}`)
    .filter((line) => !line.startsWith(" "))
    .join();
}

describe("the application's own TLS on the outbound listener", () => {
  it("goes where its server name says, and the client sees the application's certificate", async (t) => {
    const { web, accepted } = await ownTls(t);
    for (const name of ["vault", "VAULT", "Vault.Default", "vault.default.svc.cluster.local"]) {
      const { certificate, text } = await call(t, web.ports.outbound, name);
      assert.equal(certificate.trim(), own.certPem.trim(), name);
      assert.equal(text, "it is me\n", name);
    }
    assert.equal(accepted.length, 4);
    assert.equal(await refusals(web), "");
  });

  it("is understood by openssl too", { skip: spawnSync("openssl", ["version"]).error ? "needs openssl" : false }, async (t) => {
    const { web } = await ownTls(t);
    const client = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${web.ports.outbound}`, "-servername", "vault", "-quiet"]);
    t.after(() => client.kill());
    let output = "";
    client.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    await until("the answer came", () => output.includes("it is me"));
  });

  it("may begin byte by byte", async (t) => {
    const { web } = await ownTls(t);
    const hello = await clientHello(t, "vault");
    const socket = connect({ port: web.ports.outbound, host: "127.0.0.1", noDelay: true });
    t.after(() => socket.destroy());
    let answer: Buffer | null = null;
    socket.on("data", (bytes: Buffer) => {
      answer ??= bytes;
    });
    for (const byte of hello) await new Promise((resolve) => socket.write(Buffer.of(byte), () => setImmediate(resolve)));
    await until("the application's ServerHello is there", () => answer !== null);
    assert.deepEqual([...(answer as unknown as Buffer).subarray(0, 2)], [22, 3]);
  });

  it("is reset, with its reason counted, when its name leads nowhere", async (t) => {
    const { web, accepted } = await ownTls(t);
    const withName = async (name: string): Promise<Buffer> => {
      const hello = await clientHello(t, "x".repeat(name.length));
      const at = hello.indexOf("x".repeat(name.length));
      hello.write(name, at, "latin1");
      return hello;
    };
    const hello = async (bytes: Buffer): Promise<void> => {
      const socket: Socket = connect({ port: web.ports.outbound, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.write(bytes);
      assert.deepEqual(await readAll(socket), { text: "", how: "reset" });
    };
    assert.equal((await call(t, web.ports.outbound, undefined)).certificate, "", "no name");
    for (const name of ["10.0.0.1", "vault\0evil", "vault.", "va/lt"]) await hello(await withName(name));
    for (const name of ["nobody", "www.example.org", "vault.default.example.org"]) await hello(await withName(name));
    assert.equal(accepted.length, 0);
    const counted = await refusals(web);
    assert.match(counted, /no-server-name 5/);
    assert.equal(
      [...counted.matchAll(/unknown-destination (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0),
      3,
    );
  });
});

describe("the application's own TLS from outside the mesh", () => {
  it("passes a permissive port and is refused by a strict one", async (t) => {
    const permissive = await ownTls(t, MtlsMode.PERMISSIVE);
    const { certificate, text } = await call(t, permissive.inboundPort, "anything.example.org");
    assert.equal(certificate.trim(), own.certPem.trim());
    assert.equal(text, "it is me\n");
    const strict = await ownTls(t, MtlsMode.STRICT);
    assert.equal((await call(t, strict.inboundPort, "vault")).certificate, "");
    assert.equal(strict.accepted.length, 0);
  });
});
