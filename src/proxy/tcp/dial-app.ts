import { connect, type Socket } from "node:net";
import type { Clock } from "../../lib/clock.ts";

/** Connects to the application beside this proxy, at the first of `hosts` that accepts; calls back once, with null when none does. */
export function dialApp(
  hosts: readonly string[],
  port: number,
  clock: Clock,
  timeoutMs: number,
  done: (socket: Socket | null) => void,
  index = 0,
): void {
  const host = hosts[index];
  if (host === undefined) {
    done(null);
    return;
  }
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const timer = clock.setTimer(() => socket.destroy(), timeoutMs, { unref: true });
  const onClose = (): void => {
    timer.cancel();
    dialApp(hosts, port, clock, timeoutMs, done, index + 1);
  };
  socket.on("error", () => socket.destroy());
  socket.once("close", onClose);
  socket.once("connect", () => {
    timer.cancel();
    socket.off("close", onClose);
    done(socket);
  });
}
