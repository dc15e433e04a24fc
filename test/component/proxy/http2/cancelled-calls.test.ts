/** An application whose library takes many resets for an attack: calls that are given up must not cost others theirs. */
import assert from "node:assert/strict";
import { createServer, connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { startPair } from "./pair.ts";

const GIVEN_UP = 3_000;
const AT_ONCE = 50;

test(`${GIVEN_UP} calls given up in a burst: the application goes on serving everybody else`, async (t) => {
  let sessions = 0;
  // `/slow` is never answered: its caller gives up.
  const app = createServer((request, response) => {
    if (request.url !== "/slow") response.end("fine");
  });
  app.on("session", () => (sessions += 1));
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  t.after(() => app.close());
  const { port } = await startPair(t, { appPort: (app.address() as AddressInfo).port, protocol: Protocol.GRPC });
  // A client that resets more than 200 streams a second is cut itself.
  const clients = Array.from({ length: 20 }, () => connect(`http://127.0.0.1:${port}`));
  t.after(() => clients.forEach((client) => client.destroy()));
  const statuses: Record<string, number> = {};
  const ask = (at: number, path: string, giveUp: boolean): Promise<void> =>
    new Promise((resolve) => {
      const stream = (clients[at % clients.length] as (typeof clients)[number]).request({ ":path": path, ":authority": "api" });
      let status = giveUp ? "given up" : "none";
      stream.on("response", (head) => (status = String(head[":status"])));
      stream.on("error", () => {});
      stream.on("close", () => {
        if (!giveUp) statuses[status] = (statuses[status] ?? 0) + 1;
        resolve();
      });
      stream.resume();
      if (giveUp) setImmediate(() => stream.close(8));
      else stream.end();
    });
  for (let done = 0; done < GIVEN_UP; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => ask(done / AT_ONCE + at, at % 5 === 0 ? "/" : "/slow", at % 5 !== 0)));
  }
  assert.deepEqual(statuses, { 200: GIVEN_UP / 5 });
  assert.ok(sessions > 1, `${sessions} connections to the application`);
});
