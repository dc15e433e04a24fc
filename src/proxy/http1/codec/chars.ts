/** Character codes and classes of RFC 9110 5.6.2 (token) and 5.5 (field value), as tables over all bytes. */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const DASH = 0x2d;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;
export const UNDERSCORE = 0x5f;
export const DEL = 0x7f;

/** 1 for `tchar`: what methods and field names are made of. */
export const TOKEN = table("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/** 1 for what may stand in a field value: HTAB, SP, visible ASCII, obs-text. */
export const VALUE = new Uint8Array(256).fill(1, SP, DEL).fill(1, 0x80);
VALUE[HTAB] = 1;

/** 1 for visible ASCII: what may stand in a request target before its own rules are applied. */
export const VISIBLE = new Uint8Array(256).fill(1, SP + 1, DEL);

/** Value of a hexadecimal digit, or 255. */
export const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16);
  HEX[text.charCodeAt(0)] = digit;
  HEX[text.toUpperCase().charCodeAt(0)] = digit;
}

function table(characters: string): Uint8Array {
  const classes = new Uint8Array(256);
  for (let index = 0; index < characters.length; index += 1) classes[characters.charCodeAt(index)] = 1;
  return classes;
}

/**
 * True when `bytes[start..end)` is `lower`, ASCII letters in any case.
 */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  const length = lower.length;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index += 1) {
    const code = bytes[start + index] as number;
    const wanted = lower.charCodeAt(index);
    // Only a letter may differ by the case bit.
    if (code !== wanted && ((code | 0x20) !== wanted || code < 0x41 || code > 0x5a)) return false;
  }
  return true;
}
