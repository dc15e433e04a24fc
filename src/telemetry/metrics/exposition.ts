import type { AnyFamily } from "./any-family.ts";
import type { HistogramFamily } from "./histogram.ts";

export const EXPOSITION_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One family in the Prometheus text format; empty while it has no series. */
export function exposeFamily(family: AnyFamily): string {
  switch (family.type) {
    case "read":
      return `${head(family, family.kind)}${family.name} ${formatNumber(family.read())}\n`;
    case "histogram":
      return family.rendered.length === 0 ? "" : head(family, "histogram") + exposeHistogram(family);
    default: {
      if (family.rendered.length === 0) return "";
      const lines = family.rendered.map(
        (labels, place) => `${sample(family.name, labels)} ${formatNumber(family.values[place] as number)}\n`,
      );
      return head(family, family.type) + lines.join("");
    }
  }
}

function exposeHistogram(family: HistogramFamily): string {
  const [from, to] = family.shownExponents;
  let text = "";
  for (const [place, labels] of family.rendered.entries()) {
    const bucket = (bound: string, count: number): string =>
      `${sample(`${family.name}_bucket`, labels === "" ? `le="${bound}"` : `${labels},le="${bound}"`)} ${count}\n`;
    for (let exponent = from; exponent <= to; exponent += 1) {
      text += bucket(formatNumber(2 ** exponent / family.unitsPerExposed), family.countBelow(place, exponent));
    }
    const all = family.countAll(place);
    text += bucket("+Inf", all);
    text += `${sample(`${family.name}_sum`, labels)} ${formatNumber((family.sums[place] as number) / family.unitsPerExposed)}\n`;
    text += `${sample(`${family.name}_count`, labels)} ${all}\n`;
  }
  return text;
}

function head(family: { readonly name: string; readonly help: string }, type: string): string {
  const help = family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${type}\n`;
}

function sample(name: string, labels: string): string {
  return labels === "" ? name : `${name}{${labels}}`;
}

/** Go's ParseFloat reads JavaScript's shortest form, but for infinity. */
function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
