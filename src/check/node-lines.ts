/** One release line of Node.js: https://github.com/nodejs/release#release-schedule and https://nodejs.org/en/blog/vulnerability */
interface NodeLine {
  /** Day after which the line gets no fixes. */
  readonly endOfLife: string;
  /** `[minor, patch]` of the newest security release known when this was written. */
  readonly fixedIn?: readonly [number, number];
}

export const NODE_LINES: Readonly<Record<number, NodeLine>> = Object.freeze({
  18: { endOfLife: "2025-04-30" },
  19: { endOfLife: "2023-06-01" },
  20: { endOfLife: "2026-04-30", fixedIn: [20, 2] },
  21: { endOfLife: "2024-06-01" },
  22: { endOfLife: "2027-04-30", fixedIn: [22, 2] },
  23: { endOfLife: "2025-06-01" },
  24: { endOfLife: "2028-04-30", fixedIn: [14, 1] },
  25: { endOfLife: "2026-06-01", fixedIn: [8, 2] },
  26: { endOfLife: "2029-04-30" },
});

/** As `engines` in package.json says. */
export const OLDEST_NODE: readonly [number, number, number] = [20, 18, 1];

/** `v20.20.2` → its numbers; zeros for anything else. */
export function parseNodeVersion(text: string): { readonly major: number; readonly minor: number; readonly patch: number } {
  const [, major = "0", minor = "0", patch = "0"] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}
