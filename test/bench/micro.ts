/** Median, least and most of several rounds, in nanoseconds a call. */
export function nanoseconds(call: (index: number) => unknown, calls = 1_000_000): readonly [median: number, min: number, max: number] {
  const rounds = 7;
  let sink = 0;
  const run = (count: number): number => {
    const start = performance.now();
    for (let index = 0; index < count; index += 1) if (call(index) === undefined) sink += 1;
    return ((performance.now() - start) / count) * 1e6;
  };
  run(Math.min(calls, 200_000));
  const times = Array.from({ length: rounds }, () => run(calls)).sort((a, b) => a - b);
  // What is counted must be looked at, or the calls could be taken out.
  if (sink < 0) throw new Error("never");
  return [times[rounds >> 1] ?? 0, times[0] ?? 0, times[rounds - 1] ?? 0];
}

/** Times one small thing and prints it. */
export function micro(name: string, call: (index: number) => unknown, calls = 1_000_000): void {
  const shown = nanoseconds(call, calls).map((ns) => ns.toFixed(1).padStart(8));
  console.log(`${name.padEnd(48)} ${shown[0]} ns  (${shown[1]?.trim()}-${shown[2]?.trim()})`);
}
