import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { TYPE_URL } from "../../../../src/messages/names.ts";
import { Trust } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { readAll, until } from "../sides.ts";
import { startController, TestController } from "./controller.ts";
import { echoApp, get, httpApp, ready, say, type Sidecar, startSidecar } from "./sidecars.ts";

const API_ID = "spiffe://cluster.local/ns/default/sa/api";
const STRICT = 1;
const HTTP = 1;
const TCP = 2;

interface Pair {
  readonly web: Sidecar;
  readonly api: Sidecar;
  /** Web's port for api, and for the TCP service beside it. */
  readonly toApi: number;
}

/** web → api, over HTTP. */
async function pair(t: TestContext, controller: TestController, appPort: number): Promise<Pair> {
  controller.inbound("default/api", [{ port: appPort, protocol: HTTP, mtls: STRICT, service: "default/api:80" }]);
  const api = await startSidecar(t, controller, { name: "api", appPort });
  publish(controller, api);
  const web = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"] });
  await Promise.all([ready(api), ready(web)]);
  return { web, api, toApi: web.ports.upstreams[0] as number };
}

function publish(controller: TestController, api: Sidecar): void {
  controller.service("default/api:80", HTTP, [
    {
      address: "127.0.0.1",
      port: api.ports.inbound[0] as number,
      identity: API_ID,
      instance: "default/api",
      workload: "api",
      health: 1,
      weight: 1,
    },
  ]);
}

const hello = (_request: unknown, response: ServerResponse): void => void response.end("hello");

describe("two sidecars and a controller", () => {
  it("carry HTTP and opaque TCP from application to application over mutual TLS", async (t) => {
    const controller = await startController(t);
    const { web, api, toApi } = await pair(t, controller, await httpApp(t, hello));
    const life = api.told.filter(({ kind }) => kind !== "save").map((message) => ("reason" in message ? message.reason : message.kind));
    assert.deepEqual(life, ["listening", "no-identity", "no-config", "ready"]);
    assert.deepEqual(await get(toApi), { status: 200, reason: "", body: "hello" });
    const metrics = await get(api.ports.admin, "/metrics");
    assert.match(metrics.body, /meshctl_exchanges_total\{direction="inbound".*source="default\/web".*mtls="true",status="200"/);
    assert.match(metrics.body, /meshctl_mesh_connections_opened_total\{alpn="meshctl\/h[12]"\} 1/);

    const tcpPort = await echoApp(t);
    controller.inbound("default/ledger", [{ port: tcpPort, protocol: TCP, mtls: STRICT, service: "default/ledger:7000" }]);
    const ledger = await startSidecar(t, controller, { name: "ledger", appPort: tcpPort, protocol: "tcp" });
    controller.service("default/ledger:7000", TCP, [
      {
        address: "127.0.0.1",
        port: ledger.ports.inbound[0] as number,
        identity: API_ID.replace("api", "ledger"),
        instance: "default/ledger",
        health: 1,
        weight: 1,
      },
    ]);
    const caller = await startSidecar(t, controller, { name: "caller", upstreams: ["default/ledger:7000"] });
    await Promise.all([ready(ledger), ready(caller)]);
    assert.deepEqual(await say(caller.ports.upstreams[0] as number, "sum"), { text: "sum", how: "end" });

    // CONNECT speaks what the destination declares: opaque bytes, and HTTP with its rules.
    const tunnel = async (authority: string, inside: string): Promise<string> => {
      const socket = connect({ port: web.ports.outbound, host: "127.0.0.1", allowHalfOpen: true });
      socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      socket.once("data", () => socket.end(inside));
      return (await readAll(socket)).text;
    };
    assert.match(await tunnel("ledger:7000", "opaque"), /200 [^\n]*\r\n\r\nopaque$/);
    assert.match(await tunnel("api:80", "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"), /200 [^]*HTTP\/1\.1 200 OK[^]*hello/);
  });

  it("fail closed without an identity: nothing comes in, nothing goes out, never plaintext", async (t) => {
    const controller = await startController(t);
    let called = 0;
    const appPort = await httpApp(t, (_request, response) => {
      called += 1;
      response.end();
    });
    controller.refuseCertificates = true;
    controller.inbound("default/api", [{ port: appPort, protocol: HTTP, mtls: STRICT }]);
    const api = await startSidecar(t, controller, { name: "api", appPort });
    publish(controller, api);
    assert.deepEqual(
      api.told.find(({ kind }) => kind === "not-ready"),
      { kind: "not-ready", reason: "no-identity" },
    );
    assert.equal((await get(api.ports.admin, "/readyz")).status, 503);
    assert.equal((await get(api.ports.inbound[0] as number)).status, 0);
    const web = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"] });
    const answer = await get(web.ports.upstreams[0] as number);
    assert.equal(answer.status, 503);
    assert.match(answer.reason, /no-identity|no-config/);
    assert.equal(called, 0);
    controller.refuseCertificates = false;
    await Promise.all([ready(api), ready(web)]);
    assert.equal((await get(web.ports.upstreams[0] as number)).status, 200);
  });

  it("ask their supervisor for another token when theirs is refused, and go on with it", async (t) => {
    const controller = await startController(t);
    const web = await startSidecar(t, controller, { name: "web", token: "bad" });
    await until("it asks", () => web.kinds().includes("need-token"));
    web.proxy.giveToken("good again");
    await ready(web);
    assert.deepEqual(controller.proofs, ["good again"]);
  });
});

describe("with the controller dead", () => {
  for (const where of ["supervisor", "directory"] as const) {
    it(`a restarted sidecar serves on with mutual TLS from what it saved (${where})`, async (t) => {
      const controller = await startController(t);
      const appPort = await httpApp(t, hello);
      const savedDir = where === "directory" ? mkdtempSync(join(tmpdir(), "meshctl-saved-")) : undefined;
      if (savedDir !== undefined) t.after(() => rmSync(savedDir, { recursive: true, force: true }));
      const { api } = await pair(t, controller, appPort);
      const first = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"], savedDir });
      await ready(first);
      assert.equal((await get(first.ports.upstreams[0] as number)).status, 200);
      const isSaved = (): boolean =>
        savedDir === undefined
          ? first.saved["identity.json"] !== undefined &&
            Buffer.from(first.saved["configuration.json"] ?? "", "base64").includes("default/api:80")
          : readdirSync(savedDir).includes("identity.json") &&
            readdirSync(savedDir).includes("configuration.json") &&
            readFileSync(join(savedDir, "configuration.json")).includes("default/api:80");
      await until("it is saved", isSaved);
      await controller.close();
      first.proxy.close();
      const second = await startSidecar(t, controller, {
        name: "web",
        upstreams: ["default/api:80"],
        savedDir,
        saved: first.saved,
        ports: first.ports,
        token: "",
      });
      assert.equal(second.told.at(-1)?.kind, "ready", second.log.join(""));
      for (let count = 0; count < 20; count += 1) {
        assert.deepEqual(await get(second.ports.upstreams[0] as number), { status: 200, reason: "", body: "hello" });
      }
      assert.match((await get(api.ports.admin, "/metrics")).body, /source="default\/web".*mtls="true",status="200"/);
    });
  }

  it("everything ends with the leaves, and is back when the controller is (R4)", async (t) => {
    const controller = await startController(t, 2_500);
    const { web, api, toApi } = await pair(t, controller, await httpApp(t, hello));
    assert.equal((await get(toApi)).status, 200);
    await controller.close();
    await until(
      "both leaves have ended",
      () => [web, api].every(({ told }) => told.at(-1)?.kind !== "ready" && told.some((message) => message.kind === "need-token")),
      8_000,
    );
    const answer = await get(toApi);
    assert.deepEqual([answer.status, answer.reason], [503, "no-identity"]);
    await controller.open();
    const backMs = performance.now();
    for (const sidecar of [web, api]) sidecar.proxy.giveToken("good later");
    await until(
      "traffic is back",
      () => [web, api].every(({ told }) => told.at(-1)?.kind === "ready" || told.at(-1)?.kind === "save"),
      5_000,
    );
    let status = 0;
    while (status !== 200 && performance.now() - backMs < 5_000) ({ status } = await get(toApi));
    assert.equal(status, 200, "within 5 s of the controller's return");
  });
});

describe("certificates under way", () => {
  it("are renewed by the leaf itself while requests go on (R2)", async (t) => {
    const controller = await startController(t, 2_000);
    const { toApi } = await pair(t, controller, await httpApp(t, hello));
    const statuses = new Map<number, number>();
    while (controller.proofs.filter((proof) => proof === "leaf").length < 5) {
      const { status } = await get(toApi);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...statuses.keys()], [200]);
    assert.equal(controller.proofs.filter((proof) => proof !== "leaf").length, 2, "one token each");
  });

  it("leave a standing opaque stream alone, whatever is renewed around it (R2)", async (t) => {
    const controller = await startController(t, 1_500);
    const appPort = await echoApp(t);
    controller.inbound("default/api", [{ port: appPort, protocol: TCP, mtls: STRICT, service: "default/api:80" }]);
    const api = await startSidecar(t, controller, { name: "api", appPort, protocol: "tcp" });
    controller.service("default/api:80", TCP, [
      { address: "127.0.0.1", port: api.ports.inbound[0] as number, identity: API_ID, instance: "default/api", health: 1, weight: 1 },
    ]);
    const web = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"] });
    await Promise.all([ready(api), ready(web)]);
    const socket = connect({ port: web.ports.upstreams[0] as number, host: "127.0.0.1", allowHalfOpen: true });
    const heard = readAll(socket);
    let sent = "";
    // Five generations: the leaves it was made with have ended by then.
    while (controller.proofs.filter((proof) => proof === "leaf").length < 10) {
      sent += "x";
      socket.write("x");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    socket.end();
    assert.deepEqual(await heard, { text: sent, how: "end" });
  });

  it("are renewed when the controller asks", async (t) => {
    const controller = await startController(t);
    const web = await startSidecar(t, controller, { name: "web" });
    await ready(web);
    controller.proxyConfig("default/web", { renewIssuedBeforeUnixMs: Date.now() + 1 });
    await until("it has renewed", () => controller.proofs.includes("leaf"));
  });

  it("that are revoked cut their connections within 2 s", async (t) => {
    const controller = await startController(t);
    let open: ServerResponse | undefined;
    const { toApi } = await pair(
      t,
      controller,
      await httpApp(t, (_request, response) => {
        open = response;
        response.write("part");
      }),
    );
    const answer = get(toApi);
    await until("the answer is under way", () => open !== undefined);
    const atMs = performance.now();
    controller.set(
      TYPE_URL.TRUST,
      "cluster.local",
      Trust.encode(
        Trust.fromPartial({ trustDomain: "cluster.local", roots: [controller.mesh.root.der], revokedIdentities: [API_ID] }),
      ).finish(),
    );
    await answer;
    assert.ok(performance.now() - atMs < 2_000);
    const next = await get(toApi);
    assert.deepEqual([next.status, next.reason], [503, "peer-untrusted"]);
  });
});

describe("drain", () => {
  it("finishes what was accepted, says so, and outbound goes on", async (t) => {
    const controller = await startController(t);
    let slow: ServerResponse | undefined;
    const appPort = await httpApp(t, (request, response) => {
      if (request.url === "/slow") slow = response;
      else response.end("hello");
    });
    const { api, toApi } = await pair(t, controller, appPort);
    const answer = get(toApi, "/slow");
    await until("it is under way", () => slow !== undefined);
    let drained = false;
    api.proxy.drain(() => {
      drained = true;
    });
    assert.deepEqual(
      api.told.findLast(({ kind }) => kind === "not-ready"),
      { kind: "not-ready", reason: "draining" },
    );
    assert.equal((await get(toApi)).status, 200, "who has not heard yet is still served");
    assert.equal(drained, false);
    slow?.end("late");
    assert.deepEqual(await answer, { status: 200, reason: "", body: "late" });
    await until("it is drained", () => drained, 5_000);
  });

  it("ends at its limit whatever is still open", async (t) => {
    const controller = await startController(t);
    const appPort = await echoApp(t);
    controller.inbound("default/api", [{ port: appPort, protocol: TCP, mtls: STRICT, service: "default/api:80" }]);
    const api = await startSidecar(t, controller, { name: "api", appPort, protocol: "tcp", drainMs: 800 });
    publish(controller, api);
    controller.service("default/api:80", TCP, [
      { address: "127.0.0.1", port: api.ports.inbound[0] as number, identity: API_ID, instance: "default/api", health: 1, weight: 1 },
    ]);
    const web = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"] });
    await Promise.all([ready(api), ready(web)]);
    const socket = connect(web.ports.upstreams[0] as number, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.write("x");
    await new Promise((resolve) => socket.once("data", resolve));
    const atMs = performance.now();
    await new Promise<void>((resolve) => api.proxy.shutDown(resolve));
    assert.ok(performance.now() - atMs >= 790);
    const ended = readAll(socket);
    api.proxy.close();
    assert.equal((await ended).how, "reset");
  });
});

describe("a sidecar without its supervisor", () => {
  it("accepts nothing more, makes each answer its connection's last, and finishes what is under way", async (t) => {
    const controller = await startController(t);
    let slow: ServerResponse | undefined;
    const appPort = await httpApp(t, (request, response) => {
      if (request.url === "/slow") slow = response;
      else response.end("hello");
    });
    const { api, toApi } = await pair(t, controller, appPort);
    const answer = get(toApi, "/slow");
    await until("it is under way", () => slow !== undefined);
    assert.equal((await get(toApi)).status, 200);
    let over = false;
    api.proxy.orphaned(() => {
      over = true;
    });
    assert.equal((await get(toApi)).status, 200, "on a connection that stands");
    const { status, reason } = await get(toApi);
    assert.deepEqual({ status, reason }, { status: 503, reason: "connect-failed" });
    assert.equal(over, false);
    slow?.end("late");
    assert.deepEqual(await answer, { status: 200, reason: "", body: "late" });
    await until("its end", () => over, 5_000);
  });
});

describe("a port that cannot be had", () => {
  it("is said in a sentence", async (t) => {
    const controller = await startController(t);
    const first = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"] });
    await assert.rejects(
      startSidecar(t, controller, { name: "web2", upstreams: ["default/api:80"], ports: first.ports }),
      /cannot listen on 127\.0\.0\.1:\d+ for upstream default\/api:80: the port is in use/,
    );
  });
});
