/**
 * The form in which paths are compared. A canonical path may still spell a character in two ways that
 * RFC 3986 2.2 keeps apart and most applications do not: `@` and `%40`. The proxy forwards what it got,
 * but a rule for `/a@b` has to see `/a%40b` too, or the other spelling would slip past it. So rules and
 * paths are compared after decoding every visible character that may also stand raw.
 */
import { percentByte } from "./path-segment.ts";

let lastPath = "";
let lastForm = "";

/** `path` is canonical. Without `%` it is returned as it is; one result is remembered, because many rules look at one request. */
export function comparisonForm(path: string): string {
  if (path.indexOf("%") === -1) return path;
  if (path !== lastPath) {
    lastForm = decodeVisible(path);
    lastPath = path;
  }
  return lastForm;
}

function decodeVisible(path: string): string {
  let form = "";
  let from = 0;
  for (let at = path.indexOf("%"); at !== -1; at = path.indexOf("%", at + 1)) {
    const byte = percentByte(path, at);
    if (!isSpelledTwice(byte)) continue;
    form += path.slice(from, at) + String.fromCharCode(byte);
    from = at + 3;
  }
  return form + path.slice(from);
}

/** Visible ASCII, except what never stands raw in a canonical path: `#` `%` `;` `?` (and `/`, `\`, which are never encoded there). */
function isSpelledTwice(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && byte !== 0x23 && byte !== 0x25 && byte !== 0x3b && byte !== 0x3f;
}
