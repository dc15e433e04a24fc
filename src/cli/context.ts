import { resolve } from "node:path";
import type { ContextsFile } from "../home/contexts.ts";
import { homeLayout, homeRoot, type HomeLayout } from "../home/layout.ts";
import type { GlobalValues } from "./globals.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Invocation } from "./invocation.ts";
import { colourWanted } from "./output/colour.ts";
import type { KubeClient } from "../kube/contract.ts";
import type { Target } from "./target.ts";

/**
 * What a command works with. Everything that costs time (files, connections) is made at first use,
 * so that a command pays only for what it touches.
 */
export interface Context extends Omit<Invocation, "argv" | "onSignal"> {
  readonly globals: GlobalValues;
  readonly home: HomeLayout;
  readonly interrupts: Interrupts;
  /** Whether to colour what goes to each stream. */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  /** Every context of the state directory. */
  contexts(): Promise<ContextsFile>;
  /** The controller to talk to. Rejects with a UserError (exit code 3) when there is none. */
  target(): Promise<Target>;
  /** A client of that controller's resource API and of the paths beside it. */
  client(): Promise<KubeClient>;
  /** `--namespace`, else the context's, else `default`. */
  namespace(): Promise<string>;
  /** One line of data on stdout. */
  print(line: string): void;
  /** One line of talk on stderr. */
  say(line: string): void;
  /** Closes what was opened. */
  close(): Promise<void>;
}

export function createContext(invocation: Invocation, globals: GlobalValues, interrupts: Interrupts): Context {
  const root = globals.home === undefined ? homeRoot(invocation.env, invocation.userHome) : resolve(invocation.cwd, globals.home);
  const home = homeLayout(root);
  const contexts = once(async () => (await import("../home/contexts-file.ts")).readContexts(home));
  const target = once(async () => {
    const { chooseContext, readTarget } = await import("./target.ts");
    return readTarget(home, chooseContext(await contexts(), globals.context), invocation.uid);
  });
  const opened: KubeClient[] = [];
  const client = once(async () => {
    const [{ connect }, reached] = await Promise.all([import("./connect.ts"), target()]);
    const connected = connect(home, reached, globals.verbose ? (line) => void invocation.stderr.write(`${line}\n`) : null);
    opened.push(connected);
    return connected;
  });
  const colour = (stream: Invocation["stdout"]): boolean => colourWanted(stream, invocation.env, globals.color);
  return {
    ...invocation,
    globals,
    home,
    interrupts,
    colour: { stdout: colour(invocation.stdout), stderr: colour(invocation.stderr) },
    contexts,
    target,
    client,
    async namespace() {
      if (globals.namespace !== undefined) return globals.namespace;
      const { chooseContext } = await import("./target.ts");
      return chooseContext(await contexts(), globals.context).namespace ?? "default";
    },
    print: (line) => void invocation.stdout.write(`${line}\n`),
    say: (line) => void invocation.stderr.write(`${line}\n`),
    async close() {
      await Promise.all(opened.map((connected) => connected.close()));
    },
  };
}

/** The same promise for every caller. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
