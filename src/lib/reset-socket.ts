import type { Socket } from "node:net";

/** The parts of `net.Socket` that have no public name; the same in Node 18 to 24. */
interface Inner {
  resetAndClosing: boolean;
  readonly _handle: { reset?: unknown; getpeername?: (out: object) => number } | null;
}

/**
 * Ends a TCP connection with a reset and nothing before it. `socket.resetAndDestroy()` ends the stream
 * first: the other side reads what was sent, then an orderly end, and takes a part for the whole.
 */
export function resetSocket(socket: Socket): void {
  markForReset(socket);
  socket.destroy();
}

/**
 * Makes the coming `destroy()` of `socket` a reset. For a TCP socket under TLS: destroy the TLSSocket then, it takes this
 * one with it when nothing of TLS is on the stack any more. The other way round the process crashes (Node 20).
 */
export function markForReset(socket: Socket): void {
  const inner = socket as unknown as Inner;
  if (typeof inner._handle?.reset === "function" && !socket.connecting) inner.resetAndClosing = true;
}

/**
 * At the end of the stream: true when it was a reset. libuv reports a reset that arrives together with
 * data as an orderly end; the kernel knows better: a socket that was reset has no peer any more.
 */
export function wasReset(socket: Socket): boolean {
  const handle = (socket as unknown as Inner)._handle;
  if (handle === null || typeof handle.getpeername !== "function") return false;
  return handle.getpeername({}) !== 0;
}
