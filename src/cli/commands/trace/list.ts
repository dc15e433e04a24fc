import { API, type TraceList, type TraceQuery } from "../../../api/contract.ts";
import { EXIT } from "../../../lib/errors.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { ALL_NAMESPACES } from "../../options/output.ts";
import { parseDuration } from "../../options/values.ts";
import { createStyle } from "../../output/style.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";
import { formatTable } from "../../output/table.ts";
import { traceHeaders, traceRow } from "../../trace/list-rows.ts";
import { parseSinceSeconds, parseTraceLimit } from "../../trace/values.ts";

interface ListOptions {
  readonly service?: string;
  readonly workload?: string;
  readonly errors?: boolean;
  readonly minDuration?: number;
  /** Seconds. */
  readonly since?: number;
  readonly limit: number;
  readonly output: "table" | "wide" | "json" | "yaml" | "name";
  readonly allNamespaces?: boolean;
}

const DEFAULT_LIMIT = 20;

export const command = defineCommand<ListOptions>({
  description:
    "Lists traces of requests, newest first: each by its first span, with how long it took from end to end. A trace has a span for every " +
    "proxy a request passed; `meshctl trace show` draws them.\n\n" +
    "Of requests that bring no trace context, one in a hundred begins a trace (spec.tracing.samplingPercent of MeshConfig default); one " +
    "that brings a W3C or B3 context keeps its caller's decision. The controller remembers the last 10,000.",
  options: [
    {
      flags: "--service <service>",
      description: "only with a request for this service: NAME or NAMESPACE/NAME",
      completes: "service",
    },
    { flags: "--workload <workload>", description: "only with a request this workload sent or got", completes: "workload" },
    { flags: "--errors", description: "only with a span that failed: no answer, or a status of 500 or above" },
    { flags: "--min-duration <duration>", description: "only those that took at least so long", parse: parseDuration },
    { flags: "--since <duration>", description: "only those that came in so long until now", parse: parseSinceSeconds },
    { flags: "--limit <count>", description: "how many at most", parse: parseTraceLimit, default: DEFAULT_LIMIT },
    {
      flags: "-o, --output <format>",
      description: "how to print it",
      choices: ["table", "wide", "json", "yaml", "name"],
      default: "table",
    },
    ALL_NAMESPACES,
  ],
  examples: [
    { line: "meshctl trace list", text: "The last twenty that passed through the namespace" },
    { line: "meshctl trace list --service api --errors --since 10m", text: "What went wrong lately" },
    { line: "meshctl trace list --workload web --min-duration 200ms -o wide", text: "The slow ones, with whole ids" },
    { line: "meshctl trace list --limit 1 -o name", text: "The id of the last one, for `meshctl trace show`" },
  ],
  run,
});

async function run(context: Context, options: ListOptions): Promise<number> {
  const namespace = options.allNamespaces ? undefined : await context.namespace();
  const { service, workload, errors, minDuration, since, limit, output } = options;
  const query: TraceQuery = { namespace, service, workload, errors, minDurationMs: minDuration, seconds: since, limit };
  const client = await context.client();
  const list = await client.request<TraceList>("GET", `${API.TRACES}?${queryString(query)}`);
  if (output === "json") context.print(formatJson(list));
  else if (output === "yaml") context.print(formatYaml(list));
  else if (list.traces.length === 0) sayNone(context, list, namespace);
  else if (output === "name") for (const { traceId } of list.traces) context.print(traceId);
  else {
    const style = createStyle(context.colour.stdout);
    const columns = { namespace: namespace ?? "", wide: output === "wide", nowMs: context.clock.nowMs() };
    for (const line of formatTable(
      traceHeaders(),
      list.traces.map((trace) => traceRow(trace, columns, style)),
    ))
      context.print(line);
  }
  return EXIT.OK;
}

function queryString(query: TraceQuery): URLSearchParams {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) text.set(name, String(value));
  return text;
}

function sayNone(context: Context, { remembered }: TraceList, namespace: string | undefined): void {
  context.say(`No such trace ${namespace === undefined ? "in any namespace" : `in namespace ${namespace}`}; ${remembered} are remembered.`);
  context.say("One in a hundred requests is traced unless MeshConfig says otherwise, or the request brings a sampled `traceparent`.");
}
