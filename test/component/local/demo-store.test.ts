import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Background, DEMO, freePort } from "../../support/mesh.ts";

/** Starts one service of the store without any mesh. */
async function service(
  t: TestContext,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly port: number; readonly background: Background }> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(DEMO, `${name}.js`)], {
    env: { ...process.env, PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const background = new Background(child);
  t.after(() => background.stop());
  await background.waitForOutput(/listens on/);
  return { port, background };
}

const at = (port: number, path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);

test("the store works without a mesh, on the variables it is given", async (t) => {
  const api = await service(t, "api", { VERSION: "v2" });
  const ledger = await service(t, "ledger");
  const web = await service(t, "web", {
    MESHCTL_UPSTREAM_API_80: `127.0.0.1:${api.port}`,
    MESHCTL_UPSTREAM_LEDGER_7000: `127.0.0.1:${ledger.port}`,
  });

  const items = (await (await at(web.port, "/items")).json()) as { version: string; items: { name: string }[] };
  assert.equal(items.version, "v2");
  assert.ok(items.items.some(({ name }) => name === "honey"));
  assert.match(await (await at(web.port, "/")).text(), /kettle.*39\.00/);
  assert.deepEqual(await (await at(api.port, "/stats")).json(), { version: "v2", served: 2 });

  assert.deepEqual(await (await at(web.port, "/buy?item=tea")).json(), { item: "tea", cents: 450, ledger: "OK 1 450" });
  assert.deepEqual(await (await at(web.port, "/buy?item=cups")).json(), { item: "cups", cents: 1290, ledger: "OK 2 1740" });
  assert.equal((await at(web.port, "/buy?item=boat")).status, 502);
  assert.equal((await at(web.port, "/nowhere")).status, 404);

  for (const { background } of [web, api, ledger]) assert.equal((await background.stop()).code, 0, "SIGTERM is a clean end");
});

test("the front shows the api's own failures and survives its absence", async (t) => {
  const web = await service(t, "web", { MESHCTL_UPSTREAM_API_80: `127.0.0.1:${await freePort()}` });
  assert.equal((await at(web.port, "/items")).status, 502);
  assert.equal((await at(web.port, "/healthz")).status, 200);
});

test("the ledger speaks first and bounds a line", async (t) => {
  const { port } = await service(t, "ledger");
  const talk = (input: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = "";
      const socket = connect(port, "127.0.0.1");
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        if (text === "") socket.write(input);
        text += chunk;
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });
  assert.equal(
    await talk("ADD tea 450\nSUM\nADD tea x\nQUIT\n"),
    "LEDGER 1 ready\nOK 1 450\nSUM 1 450\nERROR say ADD name amount, SUM or QUIT\nBYE\n",
  );
  assert.equal(await talk("x".repeat(300)), "LEDGER 1 ready\nERROR the line is too long\n");
});
