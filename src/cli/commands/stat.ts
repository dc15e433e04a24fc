import { API, type StatQuery, type StatResponse } from "../../api/contract.ts";
import { formatDuration } from "../../lib/duration.ts";
import { EXIT } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { ALL_NAMESPACES, WATCH } from "../options/output.ts";
import { createStyle } from "../output/style.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { formatTable } from "../output/table.ts";
import { statHeaders, statRow } from "../stat/format.ts";
import { parseStatKind, parseWindowSeconds } from "../stat/values.ts";
import { sleepUnless } from "../wait.ts";

interface StatOptions {
  readonly from?: string;
  readonly to?: string;
  /** Seconds. */
  readonly timeWindow?: number;
  readonly output: "table" | "wide" | "json" | "yaml";
  readonly watch?: boolean;
  readonly allNamespaces?: boolean;
}

const DEFAULT_SECONDS = 60;
const WATCH_EVERY_MS = 2_000;

export const command = defineCommand<StatOptions>({
  description:
    "Shows what traffic there was: the share over mutual TLS, the share that succeeded (an answer with a status under 500), requests " +
    "per second, latencies, and TCP connections that are open or ended. Numbers are those of the caller: counted at its own proxy, so that what " +
    "the mesh itself answered or could not deliver counts too; a caller without a proxy is counted where it came in.\n\n" +
    "A row is a service, a workload that answered, with --to a workload that asked (`-`: everyone outside the mesh), or a rule of a " +
    "route with the service it stands before. Proxies report every 5 s, the controller " +
    "remembers the last 15 minutes.",
  arguments: [
    { syntax: "[kind]", description: "svc (default), workload or route", completes: ["svc", "workload", "route"] },
    { syntax: "[name]", description: "only this one", completes: "object" },
  ],
  options: [
    { flags: "--from <workload>", description: "only what this workload sent: NAME or NAMESPACE/NAME", completes: "workload" },
    { flags: "--to <name>", description: "only what went to this service or workload", completes: "service" },
    { flags: "-t, --time-window <duration>", description: "how far to look back, up to 15m (default 1m)", parse: parseWindowSeconds },
    { flags: "-o, --output <format>", description: "how to print it", choices: ["table", "wide", "json", "yaml"], default: "table" },
    WATCH,
    ALL_NAMESPACES,
  ],
  examples: [
    { line: "meshctl stat", text: "Every service of the namespace, in the last minute" },
    { line: "meshctl stat svc api --from web -t 5m", text: "One service, as one caller sees it" },
    { line: "meshctl stat workload --to api -o wide", text: "Who calls it, with counts and bytes" },
    { line: "meshctl stat route --to api", text: "The rules of a service's routes, one by one" },
    { line: "meshctl stat -A -w", text: "Everything, again and again" },
  ],
  run,
});

async function run(context: Context, options: StatOptions, kindText = "svc", name?: string): Promise<number> {
  const kind = parseStatKind(kindText);
  const namespace = options.allNamespaces ? undefined : await context.namespace();
  const query: StatQuery = { kind, namespace, name, from: options.from, to: options.to, seconds: options.timeWindow ?? DEFAULT_SECONDS };
  const client = await context.client();
  const signal = options.watch ? context.interrupts.takeOver() : null;
  let previous = "";
  for (;;) {
    const stat = await client.request<StatResponse>("GET", `${API.STAT}?${queryString(query)}`);
    const state = JSON.stringify(stat.rows);
    if (state !== previous) {
      if (previous !== "") context.print("");
      show(context, stat, query, options);
    }
    previous = state;
    if (signal === null || (await sleepUnless(signal, context.clock, WATCH_EVERY_MS))) return EXIT.OK;
  }
}

function queryString(query: StatQuery): URLSearchParams {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) text.set(name, String(value));
  return text;
}

function show(context: Context, stat: StatResponse, query: StatQuery, { output }: StatOptions): void {
  if (output === "json") context.print(formatJson(stat));
  else if (output === "yaml") context.print(formatYaml(stat));
  else if (stat.rows.length === 0) {
    const where = query.namespace === undefined ? "in any namespace" : `in namespace ${query.namespace}`;
    context.say(`No such traffic ${where} in the last ${formatDuration(query.seconds * 1_000)}.`);
    context.say("Proxies report every 5 s. `-t 15m` looks further back, `-A` everywhere; `meshctl tap` shows requests as they end.");
  } else {
    const columns = { namespaces: query.namespace === undefined, services: query.kind === "route", wide: output === "wide" };
    const style = createStyle(context.colour.stdout);
    const rows = stat.rows.map((row) => statRow(row, columns, style));
    for (const line of formatTable(statHeaders(columns), rows)) context.print(line);
  }
}
