import { VERSION } from "../../lib/version.ts";
import { rememberContext } from "../../local/context.ts";
import { startController } from "../../local/controller/start.ts";
import { hostOf } from "../commands/local/host.ts";
import type { Context } from "../context.ts";
import { createStyle } from "../output/style.ts";

/** `meshctl install --local`: a control plane in the background of this machine. */
export async function installLocal(context: Context): Promise<void> {
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
