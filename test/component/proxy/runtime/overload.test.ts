import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { waitFor } from "../../../support/mesh.ts";
import { startController, type TestController } from "./controller.ts";
import { get, httpApp, ready, type Sidecar, startSidecar } from "./sidecars.ts";

const API_ID = "spiffe://cluster.local/ns/default/sa/api";
const HTTP = 1;
const STRICT = 1;

interface Pair {
  readonly web: Sidecar;
  readonly api: Sidecar;
  readonly toApi: number;
}

async function pair(t: TestContext, limits: { readonly web?: object; readonly api?: object }): Promise<Pair> {
  const controller: TestController = await startController(t);
  const appPort = await httpApp(t, (_request, response) => void response.end("hello"));
  controller.inbound("default/api", [{ port: appPort, protocol: HTTP, mtls: STRICT, service: "default/api:80" }]);
  const api = await startSidecar(t, controller, { name: "api", appPort, limits: limits.api });
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
  const web = await startSidecar(t, controller, { name: "web", upstreams: ["default/api:80"], limits: limits.web });
  await Promise.all([ready(api), ready(web)]);
  return { web, api, toApi: web.ports.upstreams[0] as number };
}

async function metric(sidecar: Sidecar, name: string): Promise<number> {
  const { body } = await get(sidecar.ports.admin, "/metrics");
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(body)?.[1] ?? Number.NaN);
}

/** An open connection that says nothing. */
async function idle(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

describe("a proxy at its limits", () => {
  it("tells the application 503 overloaded on connections over the limit, and takes them again when others have ended", async (t) => {
    const { web, toApi } = await pair(t, { web: { maxConnections: 3 } });
    assert.equal((await get(toApi)).status, 200);
    await waitFor("that one has ended", async () => (await metric(web, "meshctl_accepted_connections")) === 0);
    const sockets = [await idle(t, toApi), await idle(t, toApi), await idle(t, toApi)];
    await waitFor("it counts them", async () => (await metric(web, "meshctl_accepted_connections")) === 3);
    const refused = await get(toApi);
    assert.deepEqual([refused.status, refused.reason], [503, "overloaded"]);
    await waitFor("its state says so", async () => (await metric(web, "meshctl_overload_state")) === 2);
    assert.equal(await metric(web, "meshctl_overload_refused_connections_total"), 1);
    assert.ok(web.log.some((line) => /overloaded: \d connections are open: new connections are closed/.test(line)));
    sockets[0]?.destroy();
    await waitFor("there is room", async () => (await metric(web, "meshctl_accepted_connections")) === 2);
    assert.equal((await get(toApi)).status, 200);
    await waitFor("its state says so", async () => (await metric(web, "meshctl_overload_state")) === 0);
  });

  it("closes a peer's connection over the limit unread", async (t) => {
    const { api, toApi } = await pair(t, { api: { maxConnections: 1 } });
    const socket = await idle(t, api.ports.inbound[0] as number);
    await waitFor("it is counted", async () => (await metric(api, "meshctl_accepted_connections")) === 1);
    const refused = await get(toApi);
    assert.equal(refused.status, 503);
    assert.ok((await metric(api, 'meshctl_inbound_refused_total\\{reason="overloaded"\\}')) >= 1);
    socket.destroy();
    await waitFor("there is room", async () => (await metric(api, "meshctl_accepted_connections")) === 0);
    assert.equal((await get(toApi)).status, 200);
  });
});
