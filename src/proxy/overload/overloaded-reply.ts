import type { Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import { HEADER } from "../../messages/names.ts";
import { REASONS } from "../../messages/reasons.ts";

const { text, next } = REASONS.overloaded;
const BODY = `meshctl: overloaded: ${text}\nnext: ${next}\n`;
/** The answer of a proxy that has no time to make one: the same bytes for everybody. */
export const OVERLOADED_REPLY = reply("");
/** The same as a connection's last answer. */
export const OVERLOADED_LAST_REPLY = reply("connection: close\r\n");
/** Whoever has its answer closes; nobody is waited for any longer. */
const LINGER_MS = 1_000;

/** Says 503 on a connection just accepted, without reading its request, and ends it. */
export function answerOverloaded(socket: Socket, clock: Clock): void {
  const limit = clock.setTimer(() => socket.destroy(), LINGER_MS, { unref: true });
  socket.on("error", () => {});
  socket.once("close", () => limit.cancel());
  // What is sent meanwhile is read and forgotten, or a reset would overtake the answer (RFC 9112 9.6).
  socket.resume();
  socket.end(OVERLOADED_LAST_REPLY);
}

function reply(connection: string): Buffer {
  return Buffer.from(
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n" +
      `content-length: ${BODY.length}\r\n${HEADER.REASON}: overloaded\r\n${connection}\r\n${BODY}`,
    "latin1",
  );
}
