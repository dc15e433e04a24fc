import { KIND_OTHER, kindOfName } from "../http1/codec/names.ts";

/** Names seen are few; whoever invents new ones pays for them. */
const MAX_KNOWN = 4_096;
/** A longer name costs the search each time, and its memory never. */
const MAX_KEPT_LENGTH = 64;
const known = new Map<string, number>();

/** Which rule there is for a field, by its name in lower case: the same kinds as for lines of HTTP/1. */
export function kindOfField(name: string): number {
  const kind = known.get(name);
  if (kind !== undefined) return kind;
  const bytes = Buffer.from(name, "latin1");
  const found = bytes.length === 0 ? KIND_OTHER : kindOfName(bytes, 0, bytes.length);
  if (known.size < MAX_KNOWN && name.length <= MAX_KEPT_LENGTH) known.set(name, found);
  return found;
}
