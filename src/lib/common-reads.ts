import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { readSlots } from "./read-slots.ts";

/** What one read of a plain socket takes at most. */
const PLAIN_READ_BYTES = 128 * 1_024;
/** What one read of a TLS socket takes at most: a record (RFC 8446 5.1). */
export const TLS_RECORD_BYTES = 16 * 1_024;

/**
 * Two pieces of memory that every read of every socket goes through: an idle connection holds no buffer and a read
 * allocates nothing. Reads are handled one at a time, each to its end; but what is decrypted may come up while a plain
 * read is being handled.
 */
const plain = Buffer.allocUnsafeSlow(PLAIN_READ_BYTES);
const decrypted = Buffer.allocUnsafeSlow(TLS_RECORD_BYTES);

/**
 * From now on calls `onRead` with `buffer[0..count)` instead of emitting `data`; the bytes are there until it
 * returns. It returns false to read no more until `socket.resume()`, which also starts it.
 * False, and nothing changed: this Node, or this kind of socket, cannot do it.
 */
export function readCommon(socket: Socket, onRead: (count: number, buffer: Buffer) => boolean): boolean {
  const handle = (socket as unknown as { _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null })._handle;
  if (readSlots === null || typeof handle?.useUserBuffer !== "function") return false;
  if (socket.constructor !== Socket && !(socket instanceof TLSSocket)) return false;
  const inner = socket as unknown as Record<symbol, unknown>;
  const { buffer, callback, generator } = readSlots;
  const memory = socket instanceof TLSSocket ? decrypted : plain;
  inner[callback] = onRead;
  if (inner[buffer] === null || inner[buffer] === undefined) {
    inner[buffer] = memory;
    inner[generator] = null;
    handle.useUserBuffer(memory);
  } else {
    // Of an earlier owner: the next read still goes there, and can say where the one after it goes.
    inner[generator] = () => {
      inner[generator] = null;
      return memory;
    };
  }
  return true;
}
