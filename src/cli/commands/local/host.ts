import { resolve } from "node:path";
import { homeLayout } from "../../../home/layout.ts";
import type { Host } from "../../../local/host.ts";
import type { Context } from "../../context.ts";

/** The local platform's view of this process. What is started in the background gets an absolute state directory. */
export function hostOf(context: Context): Host {
  return {
    layout: homeLayout(resolve(context.cwd, context.home.root)),
    env: context.env,
    cwd: context.cwd,
    uid: process.getuid?.(),
    pid: context.pid,
    nodePath: context.nodePath,
    clock: context.clock,
    random: context.random,
  };
}
