/** Clients that cancel large answers under way, and leave: nothing of it stays behind anywhere. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { startPair } from "./pair.ts";

const ROUNDS = 150;

test("answers that are cancelled half-way leave no stream, no request and no connection behind", async (t) => {
  let open = 0;
  const app = createServer();
  app.on("stream", (stream) => {
    open += 1;
    stream.on("close", () => (open -= 1));
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    stream.end(Buffer.alloc(400_000));
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  t.after(() => app.close());
  const { port, inboundSide, outboundSide } = await startPair(t, {
    appPort: (app.address() as AddressInfo).port,
    protocol: Protocol.HTTP2,
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on("error", () => {});
    const stream = session.request({ ":path": "/", ":authority": "api" });
    stream.on("error", () => {});
    const [head] = await once(stream, "response");
    assert.equal(head[":status"], 200);
    stream.close(constants.NGHTTP2_CANCEL);
    session.close();
  }
  const left = (): number[] => [open, inboundSide.activeRequests, outboundSide.activeRequests, outboundSide.openConnections];
  const limit = Date.now() + 5_000;
  while (left().some((count) => count > 0) && Date.now() < limit) await turn();
  assert.deepEqual(left(), [0, 0, 0, 0], "streams at the application, requests of both proxies, clients' connections");
});
