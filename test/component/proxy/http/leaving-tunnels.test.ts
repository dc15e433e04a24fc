/** A tunnel whose both sides have said goodbye while its application takes nothing: the rest waits, but not for ever. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../../../../src/proxy/contract.ts";
import { ClientConnection } from "../../../../src/proxy/http1/client-connection.ts";
import { Outbox } from "../../../../src/proxy/http1/outbox.ts";
import { plain } from "../../../support/http/engine.ts";
import { RawBackend } from "../../../support/http/raw-backend.ts";
import { until } from "../sides.ts";

test("what is left is waited for as long as its home says, then the connection goes", async (t) => {
  const backend = await RawBackend.start(({ socket }) => void socket.pause());
  t.after(() => backend.close());
  const socket = connect({ port: backend.port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const events: string[] = [];
  const home = { released: () => {}, closed: () => void events.push("closed"), leaving: () => void events.push("leaving") };
  const connection = new ClientConnection(plain(socket), DEFAULT_LIMITS, home, new Outbox());
  // More than both kernels keep.
  const rest = Buffer.alloc(32 * 1_024 * 1_024);
  connection.wire.write(rest, 0, rest.length);
  connection.closeTunnel();
  assert.deepEqual(events, ["leaving"]);
  assert.ok(connection.wire.pending > 0);
  connection.onDeadline();
  await until("the end", () => events.length === 2);
  assert.deepEqual([events, connection.wire.closed], [["leaving", "closed"], true]);
});
