import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { API, type ServerVersion } from "../../../src/api/contract.ts";
import { prepareHome } from "../../../src/home/prepare.ts";
import { Endpoints } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";
import { freePort } from "../../support/mesh.ts";
import {
  type ControllerProcess,
  fakeProxy,
  kind,
  renew,
  spawnProcess,
  startProcess,
  temporaryHome,
  until,
  workloadObject,
} from "./setup.ts";

function home(context: TestContext) {
  const made = temporaryHome();
  const running: ControllerProcess[] = [];
  context.after(async () => {
    for (const controller of running) await controller.kill("SIGKILL");
    made.remove();
  });
  return {
    layout: made.layout,
    async start(env: Readonly<Record<string, string>> = {}) {
      const controller = await startProcess(made.layout, env);
      running.push(controller);
      return controller;
    },
  };
}

describe("the controller process", () => {
  it("says where it is, keeps its files private, and ends with 0 on SIGTERM", async (context) => {
    const { layout, start } = home(context);
    const controller = await start();
    const version = await controller.client.request<ServerVersion>("GET", API.VERSION);
    assert.equal(version.discoveryPort, controller.record.discoveryPort);
    const open = filesUnder(layout.root).filter((path) => (statSync(path).mode & 0o077) !== 0);
    assert.deepEqual(open, [], "nothing is readable by others");
    assert.equal(await controller.kill("SIGTERM"), 0);
    assert.match(controller.output(), /"message":"stopped"/);
    assert.doesNotMatch(controller.output(), new RegExp(controller.token), "no secret in the log");
  });

  it("refuses a second one on the same state and says which process has it", async (context) => {
    const { layout, start } = home(context);
    const first = await start();
    const { child, output } = spawnProcess(layout);
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 4);
    assert.match(output(), new RegExp(`^Error: a controller \\(process ${first.child.pid}\\) already runs`));
    assert.doesNotMatch(output(), /\n\s+at /, "no stack trace");
    await first.client.request("GET", API.VERSION);
  });

  it("takes other ports where the remembered ones are taken, and remembers those", async (context) => {
    const { layout, start } = home(context);
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    context.after(() => holder.close());
    const taken = (holder.address() as { port: number }).port;
    prepareHome(layout, process.getuid?.());
    writeFileSync(layout.portsFile, JSON.stringify({ discoveryPort: taken, httpsPort: taken }), { mode: 0o600 });
    const first = await start();
    assert.ok(![first.record.discoveryPort, first.record.httpsPort].includes(taken));
    await first.kill("SIGTERM");
    const second = await start();
    assert.deepEqual([second.record.discoveryPort, second.record.httpsPort], [first.record.discoveryPort, first.record.httpsPort]);
  });

  it("killed, comes back on the same state and ports: nothing is lost, leases start anew, proxies resync within 3 s", async (context) => {
    const { layout, start } = home(context);
    // Ports of its own: the usual ones may go to another mesh of this machine while this controller is away.
    prepareHome(layout, process.getuid?.());
    const [discoveryPort, httpsPort] = [await freePort(), await freePort()];
    writeFileSync(layout.portsFile, JSON.stringify({ discoveryPort, httpsPort }), { mode: 0o600 });
    const first = await start();
    await first.client.create(
      kind("Workload"),
      workloadObject("api1", { leaseDurationSeconds: 3, services: [{ name: "api", port: 80, appPort: 8000, inboundPort: 24_300 }] }),
    );
    await renew(first.client, "api1", ["api:80"]);
    const web = await fakeProxy(first, "web");
    context.after(() => web.client.close());
    web.client.subscribe(TYPE_URL.ENDPOINTS, "default/api:80");
    const endpoints = () => Endpoints.decode(web.held.get("ENDPOINTS default/api:80") ?? new Uint8Array()).endpoints.length;
    await until(() => endpoints() === 1, "the endpoint");
    await first.kill("SIGKILL");
    await until(() => web.client.state !== "connected", "the loss");
    // Away for longer than the lease: nobody could have renewed it.
    const killedAtMs = Date.now();
    await until(() => Date.now() - killedAtMs > 3_000, "more than the lease");
    const second = await start();
    assert.equal(second.record.discoveryPort, first.record.discoveryPort);
    const took = await until(() => web.client.state === "connected", "resync", 3_000);
    console.log(`resync ${took.toFixed(0)} ms after the controller was healthy again`);
    assert.equal(endpoints(), 1);
    await second.client.get(kind("Workload"), "api1", "default");
    await second.client.get(kind("EndpointSlice"), "api-api1-80", "default");
    await until(() => endpoints() === 0, "the end of a lease that nobody renews", 6_000);
  });

  it("refuses settings it cannot read, with what is wrong", async (context) => {
    const { layout } = home(context);
    for (const [env, message] of [
      [{ MESHCTL_LOG_LEVEL: "loud" }, /^Error: MESHCTL_LOG_LEVEL must be/],
      [{ MESHCTL_LEAF_TTL_SECONDS: "soon" }, /^Error: MESHCTL_LEAF_TTL_SECONDS must be/],
      [{ MESHCTL_LEAF_TTL_SECONDS: "1" }, /^Error: certificate lifetimes: a leaf must live at least/],
    ] as const) {
      const { child, output } = spawnProcess(layout, env);
      const [code] = (await once(child, "exit")) as [number];
      assert.notEqual(code, 0);
      assert.match(output(), message);
      assert.doesNotMatch(output(), /\n\s+at /, "no stack trace");
    }
  });

  it("renews its own certificate on both ports without a restart", async (context) => {
    const { start } = home(context);
    const controller = await start({ MESHCTL_LEAF_TTL_SECONDS: "5" });
    const { connect } = await import("node:tls");
    const serial = async (port: number, alpn: string) => {
      const socket = connect({
        port,
        host: "127.0.0.1",
        ca: controller.caPem,
        ALPNProtocols: [alpn],
        checkServerIdentity: () => undefined,
      });
      socket.on("error", () => {});
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      assert.equal(socket.authorized, true);
      socket.destroy();
      return serialNumber;
    };
    const { httpsPort, discoveryPort } = controller.record;
    const before = [await serial(httpsPort, "http/1.1"), await serial(discoveryPort, "h2")];
    await until(
      async () => (await serial(httpsPort, "http/1.1")) !== before[0] && (await serial(discoveryPort, "h2")) !== before[1],
      "new certificates",
      8_000,
    );
    assert.equal(controller.child.exitCode, null);
  });
});

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));
}
