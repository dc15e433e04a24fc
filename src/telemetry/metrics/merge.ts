/** Expositions of several processes that are one to whoever reads them (Prometheus text format 0.0.4, as this project writes it). */

interface MergedFamily {
  /** HELP and TYPE lines. */
  head: string;
  /** Values by sample name with labels, in the order they were first seen. */
  readonly samples: Map<string, number>;
}

/** Families whose values are not added: of `least` the smallest counts, of `most` the largest. */
export interface MergeRules {
  readonly least: ReadonlySet<string>;
  readonly most: ReadonlySet<string>;
}

/** Adds up the samples of the same name and labels. */
export function mergeExpositions(texts: readonly string[], { least, most }: MergeRules): string {
  const families = new Map<string, MergedFamily>();
  for (const text of texts) {
    let name = "";
    let family: MergedFamily | undefined;
    let fresh = false;
    for (const line of text.split("\n")) {
      if (line.startsWith("# HELP ")) {
        name = line.split(" ", 3)[2] ?? "";
        family = families.get(name);
        fresh = family === undefined;
        family ??= { head: "", samples: new Map() };
        families.set(name, family);
      }
      if (family === undefined || line === "") continue;
      if (line.startsWith("#")) {
        if (fresh) family.head += `${line}\n`;
        continue;
      }
      const space = line.lastIndexOf(" ");
      const key = line.slice(0, space);
      const value = parseNumber(line.slice(space + 1));
      const known = family.samples.get(key);
      if (known === undefined) family.samples.set(key, value);
      else if (least.has(name)) family.samples.set(key, Math.min(known, value));
      else if (most.has(name)) family.samples.set(key, Math.max(known, value));
      else family.samples.set(key, known + value);
    }
  }
  let merged = "";
  for (const { head, samples } of families.values()) {
    merged += head;
    for (const [key, value] of samples) merged += `${key} ${formatNumber(value)}\n`;
  }
  return merged;
}

/** Counters and histograms alone: what goes on counting when the process has ended. */
export function lastingParts(text: string): string {
  let lasting = "";
  for (const part of text.split(/^(?=# HELP )/m)) {
    if (/^# TYPE \S+ (counter|histogram)$/m.test(part)) lasting += part;
  }
  return lasting;
}

function parseNumber(text: string): number {
  return text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
