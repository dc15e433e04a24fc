/** Times one small thing: median, least and most of several rounds, in nanoseconds a call. */
export function micro(name: string, call: (index: number) => unknown, calls = 1_000_000): void {
  const rounds = 7;
  let sink = 0;
  const run = (count: number): number => {
    const start = performance.now();
    for (let index = 0; index < count; index += 1) if (call(index) === undefined) sink += 1;
    return ((performance.now() - start) / count) * 1e6;
  };
  run(Math.min(calls, 200_000));
  const times = Array.from({ length: rounds }, () => run(calls)).sort((a, b) => a - b);
  const shown = [times[rounds >> 1], times[0], times[rounds - 1]].map((ns) => (ns ?? 0).toFixed(1).padStart(8));
  console.log(`${name.padEnd(48)} ${shown[0]} ns  (${shown[1]?.trim()}-${shown[2]?.trim()})${sink < 0 ? "!" : ""}`);
}
