import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readControllerRecord } from "../../home/controller-file.ts";
import { homeLayout } from "../../home/layout.ts";
import { EXIT } from "../../lib/errors.ts";
import type { Host } from "../../local/host.ts";
import { programFile } from "../../local/programs.ts";
import { planUninstall, uninstall } from "../../local/uninstall.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { Stage } from "./demo/stage.ts";
import type { StorePorts } from "./demo/store.ts";
import { playTour, TOUR_STEPS } from "./demo/tour.ts";
import { hostOf } from "./local/host.ts";

interface DemoOptions {
  readonly exit?: boolean;
}

export const command = defineCommand<DemoOptions>({
  description:
    "A guided tour on real processes, in a state directory of its own: a control plane, a small store of five programs, and every " +
    "command printed with its real output. What it claims it measures; the exit code is 1 when a measured value is off.\n\n" +
    "On a terminal it leaves the mesh running and says how to go on; a second demo stops the first.",
  options: [{ flags: "--exit", description: "take everything away at the end (what happens anyway where there is no terminal)" }],
  examples: [
    { line: "meshctl demo", text: "The tour" },
    { line: "meshctl demo --exit", text: "As a test: leaves nothing behind" },
  ],
  run,
});

async function run(context: Context, options: DemoOptions): Promise<number> {
  const stays = !options.exit && context.stdout.isTTY === true;
  const host = stays ? lastingHost(context) : passingHost(context);
  const interrupted = whenAborted(context.interrupts.takeOver());
  const startedMs = context.clock.monotonicMs();
  if (planUninstall(host).installed) {
    context.say("stopping the demo that ran before …");
    await uninstall(host, true, () => {});
  }
  const stage = new Stage(context, host, TOUR_STEPS);
  let ownPid: number | null = null;
  let ports: StorePorts | null = null;
  try {
    const tour = playTour(stage, () => {
      ownPid = readControllerRecord(host.layout)?.pid ?? null;
    });
    ports = await Promise.race([tour, interrupted]);
  } finally {
    // A second demo may have stopped this one and stand in its place.
    const replaced = ownPid !== null && readControllerRecord(host.layout)?.pid !== ownPid;
    if ((!stays || ports === null) && !replaced) {
      context.say("\ntaking it all away …");
      await takeAway(host, stays);
    }
  }
  if (ports === null) return EXIT.INTERRUPTED;
  sayVerdict(context, stage, Math.round((context.clock.monotonicMs() - startedMs) / 1000));
  if (stays) sayHowToGoOn(context, stage, ports);
  return stage.failures.length === 0 ? EXIT.OK : EXIT.NOT_FINE;
}

/** One place beside the user's own state directory, so that the next demo finds this one. */
function lastingHost(context: Context): Host {
  const host = hostOf(context);
  return { ...host, layout: homeLayout(`${host.layout.root}-demo`) };
}

/** A place nobody else knows: two tests at once do not stop each other. */
function passingHost(context: Context): Host {
  return { ...hostOf(context), layout: homeLayout(join(mkdtempSync(join(tmpdir(), "meshctl-demo-")), "home")) };
}

async function takeAway(host: Host, stays: boolean): Promise<void> {
  await uninstall(host, true, () => {});
  if (!stays) rmSync(dirname(host.layout.root), { recursive: true, force: true });
}

function whenAborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
}

function sayVerdict(context: Context, { style, failures }: Stage, seconds: number): void {
  context.print("");
  if (failures.length === 0) context.print(style.good(`√ The tour took ${seconds} s, and everything measured was as it should be.`));
  else context.print(style.bad(`× The tour took ${seconds} s, and not everything measured was as it should be:`));
  for (const failure of failures) context.print(`  ${failure}`);
}

function sayHowToGoOn(context: Context, stage: Stage, ports: StorePorts): void {
  const lines = [
    "",
    "The mesh and the store go on running. To go on, in this shell or another:",
    "",
    `  export MESHCTL_HOME=${stage.host.layout.root}`,
    `  alias meshctl='${stage.host.nodePath} ${programFile("meshctl")}'`,
    "",
    `  curl http://127.0.0.1:${ports.web}/items            # again and again: nine in ten from v1`,
    "  meshctl tap workload/web                       # requests as they end; Ctrl-C ends it",
    "  meshctl route split api --weight v2=100        # everything to v2",
    "  meshctl fault abort api --percent 50 --status 503 --expires 1m",
    "  meshctl trace list --service api               # then: meshctl trace show ID",
    "  meshctl proxy-status -w",
    `  tail -f ${stage.runLog("shopper")}`,
    "",
    "To stop it and take everything away:",
    "",
    "  meshctl uninstall --local --force",
  ];
  for (const line of lines) context.print(line);
}
