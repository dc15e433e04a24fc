/** Heads on their way to the next hop: lines nobody has a rule for pass as the bytes they were. */
import type { ByteWriter } from "./byte-writer.ts";
import type { Head } from "./head.ts";
import {
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_EXPECT,
  KIND_HOST,
  KIND_IDENTITY,
  KIND_INTERNAL,
  KIND_KEEP_ALIVE,
  KIND_LOOKALIKE,
  KIND_NOMINATED,
  KIND_ONE_HOP,
  KIND_REWRITTEN,
  KIND_TRAILER,
  KIND_TRANSFER_ENCODING,
  KIND_UPGRADE,
} from "./names.ts";

const KINDS = 32;

function dropping(...kinds: number[]): Uint8Array {
  const drop = new Uint8Array(KINDS);
  for (const kind of kinds) drop[kind] = 1;
  return drop;
}

const ONE_HOP_KINDS = [
  KIND_CONNECTION,
  KIND_KEEP_ALIVE,
  KIND_ONE_HOP,
  KIND_TRANSFER_ENCODING,
  KIND_UPGRADE,
  KIND_LOOKALIKE,
  KIND_NOMINATED,
  KIND_REWRITTEN,
  KIND_INTERNAL,
];

/** Request lines that stay behind. */
export const DROP_REQUEST = dropping(...ONE_HOP_KINDS, KIND_IDENTITY);
/** As {@link DROP_REQUEST}, with Host: a new one is written. */
export const DROP_REQUEST_AND_HOST = dropping(...ONE_HOP_KINDS, KIND_IDENTITY, KIND_HOST);
/** Response lines that stay behind. */
export const DROP_RESPONSE = dropping(...ONE_HOP_KINDS);
/** Answers that have no body by definition do not announce one either (RFC 9110 8.6). */
export const DROP_RESPONSE_AND_LENGTH = dropping(...ONE_HOP_KINDS, KIND_CONTENT_LENGTH);
/** What may not stand in trailers (RFC 9110 6.5.1), or has a meaning before the body only. */
export const DROP_TRAILERS = dropping(...ONE_HOP_KINDS, KIND_IDENTITY, KIND_HOST, KIND_CONTENT_LENGTH, KIND_EXPECT, KIND_TRAILER);

/** Copies the lines of `head` whose kind is not dropped, in their order, in runs as long as possible. */
export function copyLines(out: ByteWriter, head: Head, drop: Uint8Array): void {
  const { kinds, lines, count, base, bytes } = head;
  let run = -1;
  for (let line = 0; line < count; line += 1) {
    if (drop[kinds[line] as number] === 1) {
      if (run >= 0) out.span(bytes, base + run, base + (lines[line * 4] as number));
      run = -1;
    } else if (run < 0) {
      run = lines[line * 4] as number;
    }
  }
  // The empty line that ends the section is not part of it.
  if (run >= 0) out.span(bytes, base + run, base + head.length - 2);
}

/** Start line of a response. The upstream's own when it is HTTP/1.1 in full form. */
export function writeStatusLine(out: ByteWriter, head: Head): void {
  const { bytes, base } = head;
  // `HTTP/1.1 200 OK`: a space follows the status even before an empty phrase.
  if (head.minor === 1 && bytes[base + 12] === 0x20) out.span(bytes, base, base + head.fieldsStart);
  else {
    out.text("HTTP/1.1 ");
    out.decimal(head.status);
    out.text(" ");
    if (bytes[base + 12] === 0x20) out.span(bytes, base + 13, base + head.fieldsStart - 2);
    out.crlf();
  }
}
