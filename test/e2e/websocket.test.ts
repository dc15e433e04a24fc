import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startMesh } from "../support/mesh.ts";
import { startPair } from "../support/pair.ts";
import { exchange, openSocket, WEBSOCKET_CASES } from "../support/websocket/cases.ts";
import { WebSocketApp } from "../support/websocket/server.ts";

test("WebSocket through two sidecars, by section of RFC 6455", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  const app = new WebSocketApp();
  t.after(() => app.close());
  const pair = await startPair(mesh, [{ name: "sockets", protocol: "http", listen: (port) => app.listen(port) }]);
  const port = pair.port("sockets");
  const idle = await openSocket(port, "/echo");
  const since = performance.now();

  for (const { section, what, run } of WEBSOCKET_CASES) await t.test(`${section}: ${what}`, () => run(port, app));

  await t.test("a socket that was silent through all of that still speaks", async (t) => {
    t.diagnostic(`silent for ${Math.round(performance.now() - since)} ms`);
    await exchange(idle, "here I am");
    idle.terminate();
  });
});

test("docs/protocols.md lists each section that is tested, and no other", () => {
  const page = readFileSync(new URL("../../docs/protocols.md", import.meta.url), "utf8");
  const part = page.slice(page.indexOf("## WebSocket")).split("\n## ")[0] ?? "";
  const listed = [...part.matchAll(/^\| ([0-9][0-9.]*) \|/gm)].map(([, section]) => section);
  assert.deepEqual(
    listed,
    WEBSOCKET_CASES.map(({ section }) => section),
  );
});
