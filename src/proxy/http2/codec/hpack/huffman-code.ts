/**
 * The code of RFC 7541 appendix B. It is canonical: codes of one length are consecutive, in the order of their
 * symbols, so the lengths alone say everything. Symbol 256 is EOS.
 */
export const EOS = 256;

/** Code length in bits, then the symbols that have it: characters, or numbers where they are not printable. */
const BY_LENGTH: readonly (readonly [number, string, ...number[]])[] = [
  [5, "012aceiost"],
  [6, " %-./3456789=A_bdfghlmnpru"],
  [7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"],
  [8, "&*,;XZ"],
  [10, '!"()?'],
  [11, "'+|"],
  [12, "#>"],
  [13, "$@[]~", 0],
  [14, "^}"],
  [15, "<`{"],
  [19, "\\", 195, 208],
  [20, "", 128, 130, 131, 162, 184, 194, 224, 226],
  [21, "", 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230],
  [
    22,
    "",
    129,
    132,
    133,
    134,
    136,
    146,
    154,
    156,
    160,
    163,
    164,
    169,
    170,
    173,
    178,
    181,
    185,
    186,
    187,
    189,
    190,
    196,
    198,
    228,
    232,
    233,
  ],
  [23, "", 1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183],
  [23, "", 188, 191, 197, 231, 239],
  [24, "", 9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237],
  [25, "", 199, 207, 234, 235],
  [26, "", 192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255],
  [27, "", 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254],
  [28, "", 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249],
  [30, "", 10, 13, 22, EOS],
];

/** Bits of each symbol's code. */
export const LENGTHS = new Uint8Array(257);
/** The codes, right-aligned. */
export const CODES = new Uint32Array(257);

for (const [length, text, ...others] of BY_LENGTH) {
  for (const character of text) LENGTHS[character.charCodeAt(0)] = length;
  for (const symbol of others) LENGTHS[symbol] = length;
}

let next = 0;
for (let length = 1; length <= 30; length += 1) {
  for (let symbol = 0; symbol <= EOS; symbol += 1) {
    if (LENGTHS[symbol] !== length) continue;
    CODES[symbol] = next;
    next += 1;
  }
  next *= 2;
}
