/** A strict reader of the Prometheus text format 0.0.4, with the rules of `promtool check metrics` that a program can break. */
import assert from "node:assert/strict";

export interface Exposition {
  /** By name and labels as written. */
  readonly samples: ReadonlyMap<string, number>;
  readonly types: ReadonlyMap<string, string>;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/;
const SUFFIX = /_(?:bucket|sum|count)$/;

/** Asserts what the format demands of `text`. */
export function readExposition(text: string): Exposition {
  assert.ok(text === "" || text.endsWith("\n"), "ends with a line feed");
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  const helps = new Set<string>();
  let current = "";
  for (const line of text.split("\n").slice(0, -1)) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      assert.ok(!helps.has(name), `one HELP for ${name}`);
      helps.add(name);
      continue;
    }
    if (kind === "TYPE") {
      assert.ok(helps.has(name) && !types.has(name), `HELP before one TYPE: ${line}`);
      assert.match(rest, /^(?:counter|gauge|histogram)$/);
      assert.equal(rest === "counter", name.endsWith("_total"), `_total is for counters: ${name}`);
      assert.doesNotMatch(name, /(?:counter|gauge|histogram)|_(?:ms|us|milliseconds|microseconds|kb|mb)(?:_|$)/);
      types.set(name, rest);
      current = name;
      continue;
    }
    const [, sampleName = "", labels = "", value = ""] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`);
    const family = types.get(current) === "histogram" ? sampleName.replace(SUFFIX, "") : sampleName;
    assert.equal(family, current, "samples follow the TYPE of their family");
    assert.ok(!samples.has(sampleName + labels), `one sample ${sampleName}${labels}`);
    const number = value === "+Inf" ? Number.POSITIVE_INFINITY : value === "-Inf" ? Number.NEGATIVE_INFINITY : Number(value);
    assert.ok(value === "NaN" || !Number.isNaN(number), line);
    samples.set(sampleName + labels, number);
  }
  return { samples, types };
}
