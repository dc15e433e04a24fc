import { connect, type Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";

/** An application may listen on one family only: `localhost` is ::1 to some runtimes. */
const LOOPBACKS: readonly string[] = ["127.0.0.1", "::1"];

/** Connects to the application beside this proxy; calls back once, with null when it does not accept. */
export function dialApp(port: number, clock: Clock, timeoutMs: number, done: (socket: Socket | null) => void): void {
  tryLoopback(0, port, clock, timeoutMs, done);
}

function tryLoopback(index: number, port: number, clock: Clock, timeoutMs: number, done: (socket: Socket | null) => void): void {
  const host = LOOPBACKS[index];
  if (host === undefined) {
    done(null);
    return;
  }
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const timer = clock.setTimer(() => socket.destroy(), timeoutMs, { unref: true });
  const onClose = (): void => {
    timer.cancel();
    tryLoopback(index + 1, port, clock, timeoutMs, done);
  };
  socket.on("error", () => socket.destroy());
  socket.once("close", onClose);
  socket.once("connect", () => {
    timer.cancel();
    socket.off("close", onClose);
    done(socket);
  });
}
