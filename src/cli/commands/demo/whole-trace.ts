import type { TraceDetail, TraceList, TraceSpan } from "../../../api/contract.ts";
import { UserError } from "../../../lib/errors.ts";
import { waitUntil } from "../../../local/wait.ts";
import type { Stage } from "./stage.ts";

/** Four proxies between shopper and api: out of shopper, into web, out of web, into api. */
const SPANS = 4;

/** The newest trace of a request of shopper that went through web to api, with a span of every proxy. Waits for one. */
export async function wholeTrace(stage: Stage): Promise<TraceDetail> {
  let id = "";
  await waitUntil(
    stage.host.clock,
    async () => {
      const { code, output } = await stage.ask("trace", "list", "--workload", "shopper", "--service", "api", "-o", "json");
      const traces = code === 0 ? (JSON.parse(output) as TraceList).traces : [];
      id = traces.find(({ spans }) => spans === SPANS)?.traceId ?? "";
      return id !== "";
    },
    { limitMs: 15_000, everyMs: 250 },
  );
  if (id === "") throw new UserError("no trace of shopper, web and api came in time", { hint: "meshctl trace list" });
  const { output } = await stage.ask("trace", "show", id, "-o", "json");
  return JSON.parse(output) as TraceDetail;
}

/** Whose proxy told of it. */
export function spanProxy({ direction, source, destination }: TraceSpan): string {
  return direction === "outbound" ? source : destination;
}

/** Every span is the child of the one before it, and goes on from where that led. */
export function isOneChain({ spans }: TraceDetail): boolean {
  return spans.every((span, index) => {
    const before = spans[index - 1];
    if (before === undefined) return span.parentSpanId === "" && span.source === "default/shopper";
    const goesOn = span.direction === "inbound" ? span.source === before.source : span.source === before.destination;
    return span.parentSpanId === before.spanId && goesOn;
  });
}
