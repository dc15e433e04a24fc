/** As much as one read brings; of a slab that is not filled the rest stays untouched. */
export const SLAB_BYTES = 128 * 1_024;
/** Kept for the next who needs one; more go back to the system. */
const MAX_SPARE = 16;

const spare: Buffer[] = [];

/** Memory for bytes on their way that outlive the read they came with. Give it back once nothing reads it any more. */
export function takeSlab(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

export function giveSlab(slab: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(slab);
}
