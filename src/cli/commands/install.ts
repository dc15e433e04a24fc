import { EXIT, UserError } from "../../lib/errors.ts";
import { VERSION } from "../../lib/version.ts";
import { rememberContext } from "../../local/context.ts";
import { startController } from "../../local/controller/start.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";
import { hostOf } from "./local/host.ts";

interface InstallOptions {
  readonly local?: boolean;
}

export const command = defineCommand<InstallOptions>({
  description:
    "Starts a control plane on this machine, in the background, and returns when it is healthy. It keeps everything " +
    "in the state directory. Where one was installed before and does not run, it starts again with the same state and ports.",
  options: [{ flags: "--local", description: "on this machine: no cluster, no root, no containers" }],
  examples: [
    { line: "meshctl install --local", text: "A control plane on this machine" },
    { line: "MESHCTL_HOME=/tmp/mesh meshctl install --local", text: "A second one that shares nothing with the first" },
  ],
  run,
});

async function run(context: Context, options: InstallOptions): Promise<void> {
  if (!options.local) {
    throw new UserError("say where: only --local is there yet, a control plane on this machine", {
      hint: "meshctl install --local",
      exitCode: EXIT.USAGE,
    });
  }
  const host = hostOf(context);
  const style = createStyle(context.colour.stdout);
  const { outcome, record } = await startController(host, (text) => context.say(`${text} …`));
  await rememberContext(host.layout, record);
  const ports = `discovery 127.0.0.1:${record.discoveryPort}, HTTPS 127.0.0.1:${record.httpsPort}`;
  const words = { running: "already installed", started: "started", installed: "installed" }[outcome];
  context.print(`${style.good("√")} ${words}: meshctl ${record.version}, process ${record.pid}, ${ports}`);
  if (outcome === "running" && record.version !== VERSION) {
    context.say(
      `The controller that runs is version ${record.version}, this program ${VERSION}: meshctl local stop, then start, brings it up to date.`,
    );
  }
  if (outcome === "installed") {
    context.say(`State and credentials are in ${host.layout.root}. Next: meshctl run NAME --service NAME:PORT --port PORT -- COMMAND`);
  }
}
