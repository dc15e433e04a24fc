/** A source of uniform numbers in [0, 1). Policy and balancing take one so that tests can seed it. */
export type Random = () => number;

/** Not for keys: those come from node:crypto. */
export const systemRandom: Random = Math.random;

/** Deterministic source (mulberry32) for tests and reproducible runs; `seed` is any 32-bit integer. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
