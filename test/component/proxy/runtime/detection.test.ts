/** Ports that declare nothing: what the first bytes say counts, and silence is counted. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { Health, MtlsMode, Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { API } from "../pki.ts";
import { listening, readAll } from "../sides.ts";
import { startController } from "./controller.ts";
import { ready, type Sidecar, startSidecar } from "./sidecars.ts";

const DESTINATION = "default/greeter:9000";

async function timeouts(sidecar: Sidecar): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${sidecar.ports.admin}/metrics`)).text();
  return Number(/^meshctl_detection_timeouts_total\{service="default\/greeter:9000"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

describe("a port that declares nothing", () => {
  it("lets the server speak first after a while, and counts that; a client that speaks is not counted", async (t) => {
    const app = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
      socket.on("data", () => {}).on("end", () => socket.end());
      socket.write("220 ready\r\n");
    });
    t.after(() => app.close());
    const appPort = await listening(app);
    const controller = await startController(t);
    controller.inbound("default/api", [{ port: appPort, protocol: Protocol.DETECT, mtls: MtlsMode.STRICT, service: DESTINATION }]);
    const api = await startSidecar(t, controller, { name: "api", appPort, protocol: "tcp" });
    await ready(api);
    const endpoint = { address: "127.0.0.1", port: api.ports.inbound[0] as number, identity: API, instance: "default/api", weight: 1 };
    controller.service(DESTINATION, Protocol.DETECT, [{ ...endpoint, health: Health.READY }]);
    const web = await startSidecar(t, controller, { name: "web", upstreams: [DESTINATION] });
    await ready(web);
    const talk = async (words: string): Promise<string> => {
      const socket = connect({ port: web.ports.upstreams[0] as number, host: "127.0.0.1", allowHalfOpen: true });
      t.after(() => socket.destroy());
      if (words !== "") socket.write(words);
      await new Promise((resolve) => socket.once("readable", resolve));
      socket.end();
      return (await readAll(socket)).text;
    };
    assert.equal(await talk("\x01binary"), "220 ready\r\n");
    assert.equal(await timeouts(web), 0);
    assert.equal(await talk(""), "220 ready\r\n");
    assert.equal(await talk(""), "220 ready\r\n");
    assert.equal(await timeouts(web), 2);
  });
});
