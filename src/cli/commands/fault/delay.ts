import { formatDuration } from "../../../lib/duration.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { FAULT_OPTIONS, type FaultOptions, putFault } from "../../fault/command.ts";
import { parseDurationUpTo } from "../../options/values.ts";

interface DelayOptions extends FaultOptions {
  /** Milliseconds. */
  readonly delay: number;
}

/** As the kind has it. */
const MAX_DELAY_MS = 3_600_000;

export const command = defineCommand<DelayOptions>({
  description:
    "Holds a share of a target's requests back before they go on. Replaces the delay that stood there; an abort stays and is " +
    "decided after it. For a service or a route the caller's proxy acts, for a workload its own.",
  arguments: [{ syntax: "<target>", description: "SERVICE, svc/NAME, httproute/NAME or workload/NAME", completes: "target" }],
  options: [
    { flags: "--delay <duration>", description: "how long, at most 1h", parse: parseDurationUpTo(MAX_DELAY_MS, "an hour"), required: true },
    ...FAULT_OPTIONS,
  ],
  examples: [
    { line: "meshctl fault delay api --delay 200ms --percent 50", text: "Half of the requests are slow" },
    {
      line: "meshctl fault delay httproute/api-split --delay 2s --method GET --path /items --expires 5m",
      text: "Some requests of one route",
    },
    { line: "meshctl fault delay api --delay 1s --header x-user:ann --from web --dry-run -o json", text: "The object as a file" },
  ],
  run,
});

function run(context: Context, options: DelayOptions, target: string): Promise<number> {
  const fault = { fixed: formatDuration(options.delay), percent: options.percent };
  return putFault(context, options, target, (on) => ({ delay: { fault, on } }));
}
