/** Reads what `node --cpu-prof` wrote (the DevTools protocol's Profile) and says where the time went. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { formatTable } from "./table.ts";

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const SHOWN = 30;

/** Prints the functions with most time of their own. */
export function printProfile(file: string, what: string): void {
  const own = ownTimes(JSON.parse(readFileSync(file, "utf8")) as Profile);
  const busyUs = [...own.values()].reduce((sum, each) => sum + each, 0);
  const rows = [...own].slice(0, SHOWN).map(([label, us]) => [label, (us / 1e3).toFixed(0), `${((us / busyUs) * 100).toFixed(1)} %`]);
  console.log(`\n${what} (${file}): ${(busyUs / 1e6).toFixed(1)} s busy; own time, (program) is native code and the kernel`);
  console.log(formatTable([["function", "ms", "share"], ...rows]));
}

/** Microseconds of its own for each function, most first; idle time is nobody's. */
export function ownTimes({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, labelOf(callFrame)]));
  const own = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const label = frames.get(id) ?? "?";
    own.set(label, (own.get(label) ?? 0) + (timeDeltas[index] ?? 0));
  }
  own.delete("(idle)");
  return new Map([...own].sort(([, one], [, other]) => other - one));
}

function labelOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${url.startsWith("node:") ? url : basename(url)}:${lineNumber + 1}`;
}
