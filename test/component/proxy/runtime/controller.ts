/** A controller as far as a proxy sees one: certificates over HTTPS, and discovery from a table. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { encodeResource, type EncodedResource } from "../../../../src/discovery/resource.ts";
import { createDiscoveryServer, type DiscoveryServer, type DiscoveryServerOptions } from "../../../../src/discovery/server/server.ts";
import { parseCsr } from "../../../../src/identity/csr.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import {
  type Endpoint,
  Endpoints,
  Inbound,
  type InboundPort,
  Outbound,
  ProxyConfig,
  Trust,
} from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../../src/messages/names.ts";
import { TestMesh } from "../pki.ts";

const CONTROLLER = "spiffe://cluster.local/ns/meshctl-system/sa/meshctl-controller";

export class TestController {
  readonly mesh: TestMesh;
  readonly #rows = new Map<string, EncodedResource>();
  readonly #leafTtlMs: number;
  #https: Server | null = null;
  #discovery: DiscoveryServer | null = null;
  httpsPort = 0;
  discoveryPort = 0;
  /** How each leaf was asked for: the token, or `leaf`. */
  readonly proofs: string[] = [];
  refuseCertificates = false;
  /** Calls that proxies stream up, by path; set before {@link open}. */
  upStreams: DiscoveryServerOptions["upStreams"] = {};

  constructor(leafTtlMs: number, mesh = new TestMesh()) {
    this.mesh = mesh;
    this.#leafTtlMs = leafTtlMs;
    this.set(
      TYPE_URL.TRUST,
      "cluster.local",
      Trust.encode(Trust.fromPartial({ trustDomain: "cluster.local", roots: [this.mesh.root.der] })).finish(),
    );
  }

  set(typeUrl: string, name: string, bytes: Uint8Array): void {
    this.#rows.set(`${typeUrl} ${name}`, encodeResource(typeUrl, name, [], bytes));
    this.#discovery?.changed(typeUrl, [name]);
  }

  inbound(instance: string, ports: readonly Partial<InboundPort>[]): void {
    this.set(TYPE_URL.INBOUND, instance, Inbound.encode(Inbound.fromPartial({ ports: [...ports] })).finish());
  }

  service(name: string, protocol: 1 | 2 | 5, endpoints: readonly Partial<Endpoint>[]): void {
    const [service = "", port = ""] = name.split(":");
    this.set(TYPE_URL.ENDPOINTS, name, Endpoints.encode(Endpoints.fromPartial({ endpoints: [...endpoints] })).finish());
    this.set(
      TYPE_URL.OUTBOUND,
      name,
      Outbound.encode(Outbound.fromPartial({ service, port: Number(port), protocol, meshed: true })).finish(),
    );
  }

  proxyConfig(instance: string, config: Partial<ProxyConfig>): void {
    this.set(TYPE_URL.PROXY_CONFIG, instance, ProxyConfig.encode(ProxyConfig.fromPartial(config)).finish());
  }

  async open(): Promise<void> {
    const leaf = this.mesh.issue(CONTROLLER);
    const tls = { key: leaf.keyPem, cert: leaf.chainPem, ca: this.mesh.rootPem };
    this.#discovery = createDiscoveryServer({
      source: { lookup: (typeUrl, name) => this.#rows.get(`${typeUrl} ${name}`) ?? null },
      authorise: () => null,
      credentials: { key: leaf.keyPem, cert: leaf.chainPem, roots: this.mesh.rootPem },
      verifyPeer: (socket) => {
        const certificate = socket.getPeerCertificate();
        return {
          identity: /URI:([^,]+)/.exec(certificate.subjectaltname ?? "")?.[1] ?? "",
          serial: certificate.serialNumber.toLowerCase(),
          notBeforeMs: Date.parse(certificate.valid_from),
          notAfterMs: Date.parse(certificate.valid_to),
        };
      },
      clock: systemClock,
      order: [],
      coalesceMs: 10,
      upStreams: this.upStreams,
    });
    this.discoveryPort = await this.#discovery.listen("127.0.0.1", this.discoveryPort);
    const https = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { status, body } = this.#issue(
          Buffer.concat(chunks).toString(),
          request.headers.authorization,
          "authorized" in request.socket && request.socket.authorized === true,
        );
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    this.#https = https;
    await new Promise<void>((resolve) => https.listen(this.httpsPort, "127.0.0.1", resolve));
    this.httpsPort = (https.address() as AddressInfo).port;
  }

  /** Gone, as after `kill -9`: the ports stay its own for {@link open}. */
  async close(): Promise<void> {
    this.#https?.closeAllConnections();
    this.#https?.close();
    await this.#discovery?.close();
    this.#https = null;
    this.#discovery = null;
  }

  #issue(text: string, authorization: string | undefined, provenLeaf: boolean): { status: number; body: unknown } {
    if (this.refuseCertificates) return { status: 503, body: { message: "not now" } };
    const { csr } = JSON.parse(text) as { csr: string };
    const parsed = parseCsr(csr);
    if (!parsed.ok) return { status: 422, body: { message: parsed.message } };
    const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
    if (token === undefined ? !provenLeaf : !token.startsWith("good")) return { status: 401, body: { message: "who are you?" } };
    this.proofs.push(token ?? "leaf");
    const identity = parsed.csr.extensions.altNames?.uris[0] ?? "";
    const notAfterMs = Date.now() + this.#leafTtlMs;
    const chain = this.mesh.sign(identity, parsed.csr.publicKey, { notBeforeMs: Date.now() - 1_000, notAfterMs });
    return { status: 201, body: { chain, trustBundle: this.mesh.rootPem } };
  }
}

export async function startController(t: TestContext, leafTtlMs = 3_600_000): Promise<TestController> {
  const controller = new TestController(leafTtlMs);
  await controller.open();
  t.after(() => controller.close());
  return controller;
}
