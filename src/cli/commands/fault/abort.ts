import { EXIT, UserError } from "../../../lib/errors.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { FAULT_OPTIONS, type FaultOptions, putFault } from "../../fault/command.ts";
import { parseStatus } from "../../fault/values.ts";

interface AbortOptions extends FaultOptions {
  readonly status?: number;
  readonly reset?: boolean;
}

export const command = defineCommand<AbortOptions>({
  description:
    "Answers a share of a target's requests with an error instead of the service, or resets their connection. Replaces the abort " +
    "that stood there; a delay stays and comes first. For a service or a route the caller's proxy acts, for a workload its own.",
  arguments: [{ syntax: "<target>", description: "SERVICE, svc/NAME, httproute/NAME or workload/NAME", completes: "target" }],
  options: [
    { flags: "--status <code>", description: "status to answer with, 200 to 599 (default: 503)", parse: parseStatus },
    { flags: "--reset", description: "reset the connection instead of answering" },
    ...FAULT_OPTIONS,
  ],
  examples: [
    { line: "meshctl fault abort api --status 503 --percent 30", text: "Three requests in ten fail" },
    {
      line: "meshctl fault abort api --path /items --method POST --header x-user:ann --from web --expires 10m",
      text: "Only some requests of one caller, for ten minutes",
    },
    { line: "meshctl fault abort workload/api2 --reset", text: "One workload drops its connections" },
    { line: "meshctl fault abort svc/api --status 429 --dry-run -o yaml", text: "The object as a file" },
  ],
  run,
});

async function run(context: Context, options: AbortOptions, target: string): Promise<number> {
  if (options.reset && options.status !== undefined)
    throw new UserError("--status and --reset exclude each other", { exitCode: EXIT.USAGE });
  const how = options.reset ? { reset: true as const } : { httpStatus: options.status ?? 503 };
  return putFault(context, options, target, (on) => ({ abort: { fault: { ...how, percent: options.percent }, on } }));
}
