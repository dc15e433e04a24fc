import type { Head } from "./head.ts";

/** Methods seen every day, so that they need no new string; index by length. */
const BY_LENGTH: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ["GET", "PUT"],
  ["POST", "HEAD"],
  ["PATCH", "TRACE"],
  ["DELETE"],
  ["OPTIONS", "CONNECT"],
];

/** Methods that may be sent twice without doing twice (RFC 9110 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export function methodOf(head: Head): string {
  const { methodStart, methodEnd, bytes, base } = head;
  const candidates = BY_LENGTH[methodEnd - methodStart];
  if (candidates !== undefined) {
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[index] as string;
      let at = 0;
      while (at < candidate.length && bytes[base + methodStart + at] === candidate.charCodeAt(at)) at += 1;
      if (at === candidate.length) return candidate;
    }
  }
  return head.text(methodStart, methodEnd);
}

/** Of a head that is whole: without making a string. */
export function isHead(head: Head): boolean {
  const { methodStart, methodEnd, bytes, base } = head;
  return methodEnd - methodStart === 4 && bytes[base + methodStart] === 0x48;
}

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
