import { Socket } from "node:net";
import { readSlots } from "./read-slots.ts";

/** Large enough that libuv seldom needs a second read. */
const BUFFER_BYTES = 64 * 1_024;
/** From a read of this size on, a stream is bulk: its bytes get memory of their own, so that they can be passed on uncopied. */
const BULK_BYTES = 32 * 1_024;

/**
 * Memory for what sockets read, used again for the next read of any of them: an idle connection holds no
 * buffer, and a small read allocates nothing. Reads are handled one at a time, each to its end.
 */
const shared = Buffer.allocUnsafeSlow(BUFFER_BYTES);

type BufferCallback = (count: number, buffer: Buffer) => void;

/**
 * From now on calls `onRead` with `buffer[0..count)` instead of emitting `data`. `buffer` may be kept only
 * when `isShared` says no. False, and nothing changed: this Node, or this kind of socket, cannot do it.
 */
export function readShared(socket: Socket, onRead: BufferCallback): boolean {
  const handle = (socket as unknown as { _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null })._handle;
  // Only TCP itself: decrypted bytes come from inside other reads.
  const slots = readSlots;
  if (slots === null || typeof handle?.useUserBuffer !== "function" || socket.constructor !== Socket) return false;
  const inner = socket as unknown as Record<symbol, unknown>;
  let next: Buffer = shared;
  const generate = () => next;
  inner[slots.buffer] = shared;
  inner[slots.generator] = null;
  inner[slots.callback] = (count: number, buffer: Buffer) => {
    onRead(count, buffer);
    if (count >= BULK_BYTES) next = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    else if (buffer === shared) return;
    // A bulk stream that slows down goes back to the common memory.
    else next = shared;
    inner[slots.generator] = generate;
  };
  handle.useUserBuffer(shared);
  return true;
}

export function isShared(buffer: Buffer): boolean {
  return buffer === shared;
}

/** Back to `data` events, for whoever takes the socket over. */
export function stopReadShared(socket: Socket): void {
  const slots = readSlots;
  if (slots === null) return;
  const inner = socket as unknown as Record<symbol, unknown>;
  inner[slots.callback] = (count: number, buffer: Buffer) => socket.push(Buffer.from(buffer.subarray(0, count)));
}
