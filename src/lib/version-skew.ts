/**
 * How many minor releases lie between two versions; null when the major numbers differ or one is no version.
 * The controller understands its own minor and the one before (design section 6).
 */
export function minorsApart(left: string, right: string): number | null {
  const [a, b] = [numbers(left), numbers(right)];
  if (a === null || b === null || a[0] !== b[0]) return null;
  return Math.abs(a[1] - b[1]);
}

function numbers(version: string): [number, number] | null {
  const match = /^v?(\d+)\.(\d+)\./.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : null;
}
