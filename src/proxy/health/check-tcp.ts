import { connect } from "node:net";
import { type CheckOutcome, passed } from "./outcome.ts";

/** A connection that is made is success; nothing is sent. Rejects when there is none; `signal` ends it. */
export function checkTcp(port: number, host: string, signal: AbortSignal): Promise<CheckOutcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const abort = (): void => void socket.destroy(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", () => {
      socket.destroy();
      resolve(passed("connected"));
    });
    socket.once("error", reject);
    socket.once("close", () => signal.removeEventListener("abort", abort));
  });
}
