import { API, type TraceDetail } from "../../../api/contract.ts";
import { EXIT } from "../../../lib/errors.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { createStyle } from "../../output/style.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";
import { duration } from "../../trace/span-cells.ts";
import { parseTraceId } from "../../trace/values.ts";
import { waterfall } from "../../trace/waterfall.ts";

interface ShowOptions {
  readonly output: "waterfall" | "json" | "yaml";
}

/** Where nobody says how wide it is. */
const DEFAULT_WIDTH = 120;

export const command = defineCommand<ShowOptions>({
  description:
    "Draws a trace: a line for each proxy the request passed, children below the span that called them, with a bar from when it began " +
    "until it was answered. `out` is the proxy of who asked, `in` the one of who was asked.\n\n" +
    "A span without its parent above it was called by something that sent no span here: an application that makes its own, or a client " +
    "that began the trace. Spans arrive about a second after their request ended.",
  arguments: [{ syntax: "<id>", description: "the trace id, or its first digits where no other begins so", completes: "trace" }],
  options: [
    { flags: "-o, --output <format>", description: "how to print it", choices: ["waterfall", "json", "yaml"], default: "waterfall" },
  ],
  examples: [
    { line: "meshctl trace show 4bf92f35", text: "One trace, by the first digits of its id" },
    { line: "meshctl trace show 4bf92f3577b34da6a3ce929d0e0e4736 -o json", text: "Everything that is known of it" },
  ],
  run,
});

async function run(context: Context, { output }: ShowOptions, idText: string): Promise<number> {
  const id = parseTraceId(idText);
  const client = await context.client();
  const trace = await client.request<TraceDetail>("GET", API.TRACE.replace(":id", id));
  if (output === "json") context.print(formatJson(trace));
  else if (output === "yaml") context.print(formatYaml(trace));
  else {
    const { traceId, start, durationMs, spans } = trace;
    const count = `${spans.length} span${spans.length === 1 ? "" : "s"}`;
    context.print(`Trace ${traceId}, ${start}, ${duration(durationMs)}, ${count}`);
    context.print("");
    const width = context.stdout.columns ?? DEFAULT_WIDTH;
    const style = createStyle(context.colour.stdout);
    for (const line of waterfall(trace, { width, namespace: await context.namespace(), style })) context.print(line);
  }
  return EXIT.OK;
}
