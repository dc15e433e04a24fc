/** Heads on their way to the next hop: lines nobody has a rule for pass as the bytes they were. */
import type { ByteWriter } from "./byte-writer.ts";
import { FORMAT_B3_MULTI, FORMAT_B3_SINGLE, FORMAT_W3C } from "../../../telemetry/trace/incoming.ts";
import { BEGINS_HERE } from "../../../telemetry/trace/outgoing.ts";
import type { Head } from "./head.ts";
import {
  KIND_B3,
  KIND_B3_MULTI,
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_EXPECT,
  KIND_GRPC_TIMEOUT,
  KIND_HOST,
  KIND_IDENTITY,
  KIND_INTERNAL,
  KIND_KEEP_ALIVE,
  KIND_LOOKALIKE,
  KIND_NOMINATED,
  KIND_ONE_HOP,
  KIND_REWRITTEN,
  KIND_TRACEPARENT,
  KIND_TRACESTATE,
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
const DROP_TRACED = tracedTables(DROP_REQUEST);
const DROP_TRACED_AND_HOST = tracedTables(DROP_REQUEST_AND_HOST);
const DROP_TIMED = tracedTables(dropping(...ONE_HOP_KINDS, KIND_IDENTITY, KIND_GRPC_TIMEOUT));
const DROP_TIMED_AND_HOST = tracedTables(dropping(...ONE_HOP_KINDS, KIND_IDENTITY, KIND_GRPC_TIMEOUT, KIND_HOST));

/**
 * Request lines that stay behind. `replaced`: see {@link RequestTrace.replaced}; 0 for a request that is not sampled.
 * `newTimeout`: `grpc-timeout` is written anew.
 */
export function dropOfRequest(replaced: number, newHost: boolean, newTimeout: boolean): Uint8Array {
  if (newTimeout) return (newHost ? DROP_TIMED_AND_HOST : DROP_TIMED)[replaced] as Uint8Array;
  if (replaced === 0) return newHost ? DROP_REQUEST_AND_HOST : DROP_REQUEST;
  return (newHost ? DROP_TRACED_AND_HOST : DROP_TRACED)[replaced] as Uint8Array;
}

/** By {@link RequestTrace.replaced}: lines of the formats that are written anew, and the state of a trace that is not gone on with. */
function tracedTables(base: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: 2 * BEGINS_HERE }, (_, replaced) => {
    const drop = base.slice();
    if ((replaced & FORMAT_W3C) !== 0) drop[KIND_TRACEPARENT] = 1;
    if ((replaced & FORMAT_B3_SINGLE) !== 0) drop[KIND_B3] = 1;
    if ((replaced & FORMAT_B3_MULTI) !== 0) drop[KIND_B3_MULTI] = 1;
    if ((replaced & BEGINS_HERE) !== 0) drop[KIND_TRACESTATE] = 1;
    return drop;
  });
}

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
