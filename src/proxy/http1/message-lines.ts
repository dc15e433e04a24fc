/** HTTP/1 heads written as HTTP/2 fields: lines nobody has a rule for pass from the bytes they came in. */
import type { Http2Connection } from "../http2/codec/connection.ts";
import type { Head } from "./codec/head.ts";

/** Adds the lines whose kind is not dropped to the field section under way. */
export function sendLines(to: Http2Connection, head: Head, drop: Uint8Array): void {
  const { kinds, lines, count, base, bytes } = head;
  for (let line = 0; line < count; line += 1) {
    if (drop[kinds[line] as number] === 1) continue;
    const at = line * 4;
    to.fieldBytes(
      bytes,
      base + (lines[at] as number),
      base + (lines[at + 1] as number),
      base + (lines[at + 2] as number),
      base + (lines[at + 3] as number),
    );
  }
}
