/** What a proxy says of itself on its admin port. */
import { readFileSync } from "node:fs";

export interface ProxyView {
  /** `/config`: resources in force. */
  readonly resources: readonly AppliedResource[];
  readonly metrics: string;
  readonly logLevel: string;
  /** Flags of its process before the program. */
  readonly nodeFlags: readonly string[];
}

interface AppliedResource {
  readonly type: string;
  readonly name: string;
  /** Bytes are base64. */
  readonly resource: unknown;
}

export async function readProxy(adminPort: number, pid: number): Promise<ProxyView> {
  const read = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${adminPort}${path}`)).text();
  const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(1);
  return {
    resources: JSON.parse(await read("/config")) as AppliedResource[],
    metrics: await read("/metrics"),
    logLevel: (await read("/log-level")).trim(),
    nodeFlags: argv.slice(
      0,
      argv.findIndex((word) => word.endsWith(".js")),
    ),
  };
}

/** The resource of this type, which a proxy has one of. */
export function resourceOf<T>(view: ProxyView, type: string, name: string): T | undefined {
  return view.resources.find((each) => each.type === type && each.name === name)?.resource as T | undefined;
}

/** Sum over the series of a metric whose labels have all of `labels`. */
export function metricSum(view: ProxyView, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return seriesOf(view, name)
    .filter((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Values of one label of a metric, with what they add up to. */
export function metricBy(view: ProxyView, name: string, label: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { labels, value } of seriesOf(view, name)) sums.set(labels[label] ?? "", (sums.get(labels[label] ?? "") ?? 0) + value);
  return sums;
}

function seriesOf({ metrics }: ProxyView, name: string): { labels: Record<string, string>; value: number }[] {
  return metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => ({
      labels: Object.fromEntries([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", value = ""]) => [label, value])),
      value: Number(line.slice(line.lastIndexOf(" ") + 1)),
    }));
}
