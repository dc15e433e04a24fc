import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../../src/lib/clock.ts";
import { accepts, Readiness } from "../../../src/local/run/readiness.ts";
import { freePort, waitFor } from "../../support/mesh.ts";

function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

test("a port is ready once it accepts, and out once it no longer does", async (t) => {
  const port = await freePort();
  const readiness = new Readiness([{ appPort: port }], systemClock, () => {});
  t.after(() => readiness.close());
  assert.equal(await accepts(port, systemClock), false);
  assert.equal(readiness.isReady(port), false);
  const server = createServer();
  await listen(server, port);
  await waitFor("readiness", () => readiness.isReady(port));
  server.close();
  server.closeAllConnections();
  await waitFor("its end", () => !readiness.isReady(port), 10_000);
});

test("--ready-path wants 2xx, and three failures in a row, a hung answer among them", async (t) => {
  let mode: "ok" | "failing" | "hung" = "failing";
  let asked = 0;
  const server = createServer((request, response) => {
    assert.equal(request.url, "/healthz");
    asked += 1;
    if (mode === "hung") return;
    response.writeHead(mode === "ok" ? 204 : 503).end();
  });
  const port = await listen(server);
  let changes = 0;
  const readiness = new Readiness([{ appPort: port, path: "/healthz" }], systemClock, () => {
    changes += 1;
  });
  t.after(() => {
    readiness.close();
    server.close();
    server.closeAllConnections();
  });
  await waitFor("a few tries", () => asked >= 3);
  assert.equal(readiness.isReady(port), false);
  mode = "ok";
  await waitFor("readiness", () => readiness.isReady(port));
  mode = "hung";
  const before = asked;
  await waitFor("its end", () => !readiness.isReady(port), 10_000);
  assert.ok(asked - before >= 3, "one failure is not enough");
  mode = "ok";
  await waitFor("its return", () => readiness.isReady(port));
  assert.equal(changes, 3);
});

test("asking does not reset a server that speaks first", async (t) => {
  const ends: string[] = [];
  const server = createTcpServer((socket) => {
    socket.write("hello\n");
    socket.on("error", (error) => ends.push(error.message));
    socket.on("end", () => ends.push("end"));
  });
  t.after(() => server.close());
  const port = await listen(server);
  assert.equal(await accepts(port, systemClock), true);
  await waitFor("its end", () => ends.length > 0);
  assert.deepEqual(ends, ["end"]);
});
