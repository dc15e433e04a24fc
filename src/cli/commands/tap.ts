import { API, type TapLine } from "../../api/contract.ts";
import { isUnreachable } from "../../kube/error.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { REASONS } from "../../messages/reasons.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { parseCount, parseHeaderMatch } from "../options/values.ts";
import { drained } from "../output/drain.ts";
import { createStyle } from "../output/style.ts";
import { formatTapLine } from "../tap/format.ts";
import { tapQuery } from "../tap/query.ts";
import { findTapTarget, requireWorkload } from "../tap/target.ts";
import { parsePathStart, parseReason, parseStatusFilter } from "../tap/values.ts";

export interface TapOptions {
  readonly path?: string;
  readonly method?: string;
  readonly status?: string;
  readonly authority?: string;
  readonly from?: string;
  readonly to?: string;
  readonly direction?: "inbound" | "outbound";
  readonly reason?: string;
  readonly header?: readonly { readonly name: string; readonly value: string }[];
  readonly max?: number;
  readonly rate: number;
  readonly output: "line" | "wide" | "json";
}

export const command = defineCommand<TapOptions>({
  description:
    "Shows requests as they end, a line each: time, direction, source → destination, method, authority and path, status, latency, " +
    "bytes sent and received, the peer that mutual TLS proved, and the reason code of what a proxy answered itself.\n\n" +
    "The proxies filter, so what does not match costs nothing. Sensitive headers never leave them. Ctrl-C ends it.",
  arguments: [
    {
      syntax: "<target>",
      description:
        "SERVICE (what it is asked) or WORKLOAD (what it sends and is asked); the service where both have the name; or svc/NAME, workload/NAME",
      completes: "target",
    },
  ],
  options: [
    { flags: "--path <prefix>", description: "only paths that start with this", parse: parsePathStart },
    { flags: "--method <method>", description: "only this method" },
    { flags: "--status <status>", description: "only this status: 503, or 5xx", parse: parseStatusFilter },
    { flags: "--authority <host>", description: "only this host" },
    { flags: "--from <workload>", description: "only requests from this workload", completes: "workload" },
    { flags: "--to <workload>", description: "only requests to this workload", completes: "workload" },
    {
      flags: "--direction <direction>",
      description: "only what proxies receive for their application, or send for it",
      choices: ["inbound", "outbound"],
    },
    {
      flags: "--reason <code>",
      description: "only answers that a proxy made for this reason",
      parse: parseReason,
      completes: Object.keys(REASONS),
    },
    {
      flags: "--header <name:value>",
      description: "only requests with this header; repeatable: all of them",
      parse: parseHeaderMatch,
      repeatable: true,
    },
    { flags: "--max <n>", description: "end after so many requests", parse: parseCount },
    { flags: "--rate <n>", description: "at most so many requests a second from each proxy", parse: parseCount, default: 100 },
    { flags: "-o, --output <format>", description: "json is one object a line", choices: ["line", "wide", "json"], default: "line" },
  ],
  examples: [
    { line: "meshctl tap api", text: "The requests that service api gets" },
    { line: "meshctl tap workload/web", text: "Everything workload web sends and receives" },
    { line: "meshctl tap api --path /items --status 5xx -o json --max 20", text: "Twenty failures, for a script" },
    { line: "meshctl tap svc/api --from web --to api2 --direction inbound -o wide", text: "What one workload gets from another" },
    { line: "meshctl tap workload/web --method POST --authority api --header x-user:ann --rate 10", text: "A few of somebody's requests" },
    { line: "meshctl tap api --reason fault-abort", text: "Only what a fault answered" },
  ],
  run,
});

async function run(context: Context, options: TapOptions, text: string): Promise<number> {
  const client = await context.client();
  const target = await findTapTarget(client, text, await context.namespace());
  for (const name of ["from", "to"] as const) await requireWorkload(client, `--${name}`, options[name], target.namespace);
  if (target.note !== undefined) context.say(target.note);
  const signal = context.interrupts.takeOver();
  const style = createStyle(context.colour.stdout);
  let shown = 0;
  try {
    for await (const line of client.stream<TapLine>(`${API.TAP}?${tapQuery(target, options).toString()}`, { signal })) {
      switch (line.type) {
        case "started":
          context.say(started(line.proxies, target.words));
          break;
        case "event":
          context.print(
            options.output === "json" ? JSON.stringify(line.event) : formatTapLine(line.event, style, options.output === "wide"),
          );
          shown += 1;
          if (shown === options.max) return EXIT.OK;
          await drained(context.stdout);
          break;
        case "dropped":
          context.say(`(${line.count} more were not sent: over ${options.rate} a second, or this terminal is slower than the mesh)`);
          break;
        case "error":
          throw new UserError(`the tap was ended: ${line.message}`);
      }
    }
  } catch (error) {
    if (signal.aborted) return EXIT.OK;
    if (isUnreachable(error)) throw ended(error);
    throw error;
  }
  if (signal.aborted) return EXIT.OK;
  throw ended(undefined);
}

function started(proxies: number, words: string): string {
  if (proxies === 0) return `No proxy of ${words} is connected; waiting for one.`;
  return `Tapping ${words} at ${proxies === 1 ? "1 proxy" : `${proxies} proxies`}.`;
}

/** Only the controller ends a tap from its side, and only by going away. */
function ended(cause: unknown): UserError {
  return new UserError("the controller has gone away", {
    hint: "`meshctl local status` says whether it runs. Traffic goes on without it; a tap does not.",
    exitCode: EXIT.UNREACHABLE,
    cause,
  });
}
