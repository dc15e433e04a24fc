import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type RequestOptions } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { after, before, describe, it } from "node:test";
import { MeshStore } from "../../../src/compile/store.ts";
import { HttpError, type Endpoint } from "../../../src/controller/http.ts";
import { healthEndpoints } from "../../../src/controller/serve/health.ts";
import { createHttpsServer, type HttpsServer } from "../../../src/controller/serve/server.ts";
import { ProxySettings } from "../../../src/controller/publish/settings.ts";
import { tapEndpoint } from "../../../src/controller/tap/endpoint.ts";
import { TapSessions } from "../../../src/controller/tap/sessions.ts";
import type { Subscriber } from "../../../src/discovery/server/contract.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { TapBatch } from "../../../src/messages/gen/meshctl/telemetry/v1/telemetry.ts";
import { silentLog } from "../../support/silent-log.ts";
import { type TestRoot, testRoot } from "../discovery/pki.ts";
import { CONTROLLER, readPeer, WEB } from "../discovery/setup.ts";
import { until } from "./setup.ts";

const TOKEN = "a".repeat(43);
let root: TestRoot;
let server: HttpsServer;
let port: number;
let ready: string | null = "starting";

const store = new MeshStore([]);
store.apply("Service", "default/api", { apiVersion: "v1", kind: "Service", metadata: { name: "api", namespace: "default" } });
const settings = new ProxySettings(() => {});
const taps = new TapSessions({ settings, clock: systemClock, relevant: () => new Set(["default/web"]), versionOf: () => null });

const endpoints: readonly Endpoint[] = [
  ...healthEndpoints({ test: () => ready }),
  { method: "GET", path: "/who", access: "self", handle: ({ caller, json }) => json(200, caller) },
  { method: "GET", path: "/admin", access: "admin", handle: ({ json }) => json(200, "in") },
  {
    method: "POST",
    path: "/body",
    access: "public",
    async handle({ body, json }) {
      json(200, (await body(1_000)).length);
    },
  },
  {
    method: "GET",
    path: "/fails",
    access: "public",
    handle() {
      throw new Error("a secret of ours");
    },
  },
  {
    method: "GET",
    path: "/refuses",
    access: "public",
    handle() {
      throw new HttpError(409, "Conflict", "not now", { name: "x" });
    },
  },
  tapEndpoint(taps, store, systemClock),
];

before(async () => {
  root = await testRoot();
  const leaf = await root.issue(CONTROLLER, { ip: "127.0.0.1" });
  server = createHttpsServer({
    credentials: { ...leaf, roots: root.pem },
    endpoints,
    adminToken: TOKEN,
    verifyWorkload(socket) {
      if (!socket.authorized) return null;
      return { identity: readPeer(socket).identity, serial: "01", leafDer: Buffer.from("der") };
    },
    log: silentLog,
    clock: systemClock,
  });
  port = await server.listen("127.0.0.1", 0);
});
after(async () => {
  taps.close();
  await server.close(0);
});

async function ask(path: string, options: RequestOptions = {}, body?: string | Buffer) {
  return new Promise<{ status: number; headers: Record<string, unknown>; json: unknown; text: string }>((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, ca: root.pem, agent: false, ...options }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => {
        const json = text.startsWith("{") || text.startsWith('"') || /^\d+$/.test(text) ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json, text });
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("the controller's HTTPS port", () => {
  it("says whether it is ready, and why not", async () => {
    const waiting = await ask("/readyz");
    assert.deepEqual([waiting.status, waiting.text], [503, "[+]ping ok\n[-]test failed: starting\nreadyz check failed\n"]);
    assert.equal((await ask("/readyz?exclude=test")).text, "ok");
    assert.equal((await ask("/readyz/test")).status, 503);
    for (const path of ["/livez", "/healthz"]) assert.deepEqual([(await ask(path)).status, (await ask(path)).text], [200, "ok"]);
    ready = null;
    assert.deepEqual([(await ask("/readyz")).status, (await ask("/readyz")).text], [200, "ok"]);
    assert.equal((await ask("/readyz?verbose")).text, "[+]ping ok\n[+]test ok\nreadyz check passed\n");
    assert.equal((await ask("/readyz/test")).text, "ok");
    assert.equal((await ask("/readyz/none")).status, 404);
  });

  it("knows callers by the admin token or a certificate of the mesh, and nothing else", async () => {
    const foreign = await testRoot("foreign");
    assert.deepEqual((await ask("/who")).json, { kind: "anonymous" });
    assert.deepEqual((await ask("/who", bearer("b".repeat(43)))).json, { kind: "anonymous" });
    assert.equal(((await ask("/who", bearer(TOKEN))).json as { kind: string }).kind, "admin");
    assert.equal(((await ask("/who", await root.issue(WEB))).json as { identity: string }).identity, WEB);
    assert.deepEqual((await ask("/who", await foreign.issue(WEB))).json, { kind: "anonymous" });
  });

  it("keeps administration from everyone else, with a Status that says what is missing", async () => {
    assert.equal((await ask("/admin", bearer(TOKEN))).json, "in");
    const none = await ask("/admin");
    assert.deepEqual([none.status, none.headers["www-authenticate"]], [401, "Bearer"]);
    assert.deepEqual(none.json, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "Unauthorized: a bearer token is required",
      reason: "Unauthorized",
      code: 401,
    });
    assert.equal((await ask("/admin", bearer(`${TOKEN}x`))).status, 401);
    assert.equal((await ask("/admin", { headers: { authorization: `Basic ${TOKEN}` } })).status, 401);
    assert.equal((await ask("/admin", await root.issue(WEB))).status, 403);
  });

  it("answers errors as Status objects and keeps its insides to itself", async () => {
    const found = await ask("/nowhere");
    assert.deepEqual([found.status, (found.json as { reason: string }).reason], [404, "NotFound"]);
    const method = await ask("/body", { method: "DELETE" });
    assert.deepEqual([method.status, method.headers.allow], [405, "POST"]);
    const failed = await ask("/fails");
    assert.equal(failed.status, 500);
    assert.doesNotMatch(failed.text, /secret|at .*\.ts/);
    assert.deepEqual((await ask("/refuses")).json, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "not now",
      reason: "Conflict",
      details: { name: "x" },
      code: 409,
    });
  });

  it("bounds what it reads", async () => {
    assert.equal((await ask("/body", { method: "POST" }, "x".repeat(1_000))).json, 1_000);
    assert.equal((await ask("/body", { method: "POST" }, "x".repeat(1_001))).status, 413);
    const chunked = { method: "POST", headers: { "transfer-encoding": "chunked" } };
    assert.equal((await ask("/body", chunked, "x".repeat(2_000))).status, 413);
    assert.equal((await ask(`/${"x".repeat(9_000)}`)).status, 414);
    assert.equal((await ask("/livez", { headers: { cookie: "x".repeat(20_000) } })).status, 431);
  });

  it("refuses TLS below 1.2 and bytes that are no TLS", async () => {
    const old = connect({
      port,
      host: "127.0.0.1",
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      rejectUnauthorized: false,
      ciphers: "ALL@SECLEVEL=0",
    });
    const error = await new Promise<Error>((resolve) => old.once("error", resolve));
    assert.ok(error);
  });

  it("drops for a tap that does not read, says how much, and never stops for it", async () => {
    const socket = await rawTap("/meshctl/v1/tap?service=api");
    await until(() => taps.open === 1, "the session");
    const [id] = settings.of("default/web").taps.map((session) => session.id);
    const up = taps.receive({ id: "default/web" } as Subscriber);
    const event = { sessionIds: [id ?? ""], status: 200, method: "GET", path: `/${"x".repeat(2_000)}` };
    const batch = Buffer.from(TapBatch.encode(TapBatch.fromPartial({ events: Array.from({ length: 100 }, () => event) })).finish());
    // Far more than socket buffers and the kept rest hold together.
    for (let round = 0; round < 200; round += 1) up.message(batch);
    assert.equal(taps.received, 20_000);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.resume();
    await until(() => /"type":"dropped","count":\d+/.test(text), "the count of what was dropped", 10_000);
    const dropped = Number(/"type":"dropped","count":(\d+)/.exec(text)?.[1]);
    const events = text.match(/"type":"event"/g)?.length ?? 0;
    assert.equal(events + dropped, 20_000);
    assert.ok(dropped > 0);
    socket.destroy();
    await until(() => taps.open === 0, "the end of the session");
  });
});

/** A tap whose answer is left in the socket. */
async function rawTap(target: string): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", ca: root.pem, ALPNProtocols: ["http/1.1"] });
  await once(socket, "secureConnect");
  socket.pause();
  socket.write(`GET ${target} HTTP/1.1\r\nhost: controller\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`);
  return socket;
}
