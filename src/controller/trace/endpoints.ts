import { API, type TraceList, type TraceSummary } from "../../api/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import { type Endpoint, HttpError } from "../http.ts";
import { matchesTrace, parseTraceQuery } from "./query.ts";
import type { Trace, TraceStore } from "./trace-store.ts";
import { traceDetail, traceSummary } from "./views.ts";

/** Of an id: what was typed, in either case. */
const PREFIX = /^[0-9a-f]{1,32}$/;
/** How many of several that begin alike are named. */
const NAMED = 3;

/** GET traces and traces/{id}: what proxies told of sampled requests. */
export function traceEndpoints(traces: TraceStore, clock: Clock): readonly Endpoint[] {
  return [
    {
      method: "GET",
      path: API.TRACES,
      access: "admin",
      handle(exchange) {
        const query = parseTraceQuery(exchange.query);
        const found: TraceSummary[] = [];
        for (const trace of traces.newest()) {
          if (found.length === query.limit) break;
          if (matchesTrace(trace, query, clock.nowMs())) found.push(traceSummary(trace));
        }
        found.sort((a, b) => (a.start < b.start ? 1 : -1));
        const answer: TraceList = { traces: found, remembered: traces.size };
        exchange.json(200, answer);
      },
    },
    {
      method: "GET",
      path: API.TRACE,
      access: "admin",
      handle: (exchange) => exchange.json(200, traceDetail(traceBy(traces, exchange.params.id ?? ""))),
    },
  ];
}

function traceBy(traces: TraceStore, text: string): Trace {
  const prefix = text.toLowerCase();
  if (!PREFIX.test(prefix))
    throw new HttpError(400, "BadRequest", `${JSON.stringify(text.slice(0, 80))} is no trace id: 1 to 32 hex digits`);
  const [first, ...others] = traces.startingWith(prefix, NAMED + 1);
  if (first === undefined) throw new HttpError(404, "NotFound", `no trace that begins with ${prefix} is remembered`);
  if (others.length > 0) {
    const names = [first, ...others].slice(0, NAMED).map(({ id }) => id);
    const more = others.length >= NAMED ? " and more" : "";
    throw new HttpError(400, "Ambiguous", `several traces begin with ${prefix}: ${names.join(", ")}${more}`);
  }
  return first;
}
