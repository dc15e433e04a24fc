import type { Clock } from "../../lib/clock.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Transport } from "../contract.ts";
import { reasonOfStatus } from "./status-byte.ts";

/**
 * Waits for the server's first byte on a fresh `meshctl/tcp` connection. `up(null)`: the connection is up and
 * its bytes follow; else why not. Closed before any byte means that the server did not accept our identity.
 */
export function awaitStatus(transport: Transport, clock: Clock, timeoutMs: number, up: (reason: ReasonCode | null) => void): void {
  const { socket } = transport;
  const timer = clock.setTimer(() => finish("connect-timeout"), timeoutMs, { unref: true });
  const onReadable = (): void => {
    const first = socket.read(1) as Buffer | null;
    if (first !== null) finish(reasonOfStatus(first[0] as number));
  };
  const onGone = (): void => finish("peer-refused-identity");
  const finish = (reason: ReasonCode | null): void => {
    timer.cancel();
    socket.off("readable", onReadable);
    socket.off("end", onGone);
    socket.off("close", onGone);
    if (reason !== null) socket.destroy();
    up(reason);
  };
  socket.on("readable", onReadable);
  socket.on("end", onGone);
  socket.on("close", onGone);
}
