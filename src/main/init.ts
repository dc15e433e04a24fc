/**
 * The init container's program: sets the redirection rules of this network namespace, then proves with a connection that
 * they act. Exit codes: 0 done, 1 it does not work, 2 wrong words.
 */
import { release } from "node:os";
import { parseArgs } from "node:util";
import { systemClock } from "../lib/clock.ts";
import { EXIT, messageOf } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { POD_PORT, PROXY_UID } from "../messages/names.ts";
import type { RedirectBackend, Step } from "../redirect/backend.ts";
import { REDIRECT_BACKENDS } from "../redirect/backends.ts";
import { explainFailure, type Failure } from "../redirect/explain-failure.ts";
import { FLAG_NAMES, parseRedirectFlags, type RedirectDefaults, type RedirectFlags, type RedirectOptions } from "../redirect/options.ts";
import { runStep } from "./init/run-step.ts";
import { verifyRedirection } from "./init/verify.ts";

const USAGE = `Usage: meshctl-init [options]

Sends this network namespace's TCP through its proxy, and proves it with a connection.

  --inbound-port=PORT          where TCP that comes in is sent (15006)
  --outbound-port=PORT         where TCP that goes out is sent (15001)
  --proxy-uid=UID              whose own connections go straight out (1337)
  --skip-inbound-ports=LIST    ports reached past the proxy: 22,9000-9100
  --skip-outbound-ports=LIST   ports elsewhere reached past the proxy; 53 always is
  --skip-subnets=LIST          addresses reached past the proxy: 10.0.0.0/8,fd00::/8
  --backend=NAME               nftables (default) or iptables
  --dry-run                    print the rules, change nothing
  --remove                     take the rules away
  --version, --help
`;

interface Words {
  readonly flags: RedirectFlags;
  readonly backend: RedirectBackend;
  readonly action: "apply" | "remove" | "dry-run";
}

const IN_A_POD: RedirectDefaults = Object.freeze({ inboundPort: POD_PORT.INBOUND, outboundPort: POD_PORT.OUTBOUND, proxyUid: PROXY_UID });

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help")) return print(USAGE);
  if (argv.includes("--version")) return print(`${VERSION}\n`);
  const words = readWords(argv);
  if (typeof words === "string") return complain(words, "meshctl-init --help says what there is.", EXIT.USAGE);
  const { options, violations } = parseRedirectFlags(words.flags, IN_A_POD);
  if (options === null) return complain(violations.map(({ path, message }) => `${path}: ${message}`).join("\n  "), "", EXIT.USAGE);
  if (words.action === "dry-run") return print(words.backend.format(options));
  const failure = await change(words, options);
  if (failure !== null) return complain(failure.message, failure.hint, EXIT.NOT_FINE);
  return print(words.action === "remove" ? "redirection removed\n" : `redirection works (${words.backend.name})\n`);
}

async function change({ backend, action }: Words, options: RedirectOptions): Promise<Failure | null> {
  const found: string[] = [];
  for (const step of backend.inspect) {
    const { stdout, code } = await runStep(step);
    found.push(code === 0 ? stdout : "");
  }
  const failure = await runAll(action === "remove" ? backend.remove(found) : backend.apply(options, found));
  return failure === null && action === "apply" ? verifyRedirection(options, systemClock) : failure;
}

async function runAll(steps: readonly Step[]): Promise<Failure | null> {
  for (const step of steps) {
    const result = await runStep(step);
    if (result.code !== 0) return explainFailure(step, result, release());
  }
  return null;
}

/** What the command line asks for, or what is wrong with it. */
function readWords(argv: readonly string[]): Words | string {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { ...Object.fromEntries(FLAG_NAMES.map((name) => [name, text])), backend: text, "dry-run": flag, remove: flag },
    });
    const { backend: name = REDIRECT_BACKENDS[0]?.name, "dry-run": dryRun, remove, ...flags } = values as Record<string, string | boolean>;
    const backend = REDIRECT_BACKENDS.find((candidate) => candidate.name === name);
    if (backend === undefined)
      return `--backend: "${String(name)}" is not one of ${REDIRECT_BACKENDS.map((known) => known.name).join(", ")}`;
    if (dryRun && remove) return "--dry-run and --remove do not go together";
    return { flags: flags as RedirectFlags, backend, action: remove ? "remove" : dryRun ? "dry-run" : "apply" };
  } catch (error) {
    return messageOf(error);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.OK;
}

function complain(message: string, hint: string, exitCode: number): number {
  process.stderr.write(`Error: ${message}\n${hint === "" ? "" : `  ${hint}\n`}`);
  return exitCode;
}
