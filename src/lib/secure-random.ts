import { randomBytes } from "node:crypto";

/** Unpredictable bytes, for serials, tokens and other secrets that are not keys. Blocks nothing: the kernel's pool is always ready. */
export function secureBytes(count: number): Buffer {
  return randomBytes(count);
}

/** As base64 text, for keys of handshakes that must not repeat. */
export function randomKey(bytes: number): string {
  return randomBytes(bytes).toString("base64");
}
