import { EXIT, UserError } from "../../lib/errors.ts";
import { availableParallelism } from "node:os";
import type { ProxyLimits } from "../../messages/bootstrap.ts";
import { parseLimitFlag } from "../../local/run/limit-flag.ts";
import { LinePrefix } from "../../local/run/line-prefix.ts";
import { pickPort } from "../../local/run/pick-port.ts";
import { planRun } from "../../local/run/plan.ts";
import { parseServiceFlag, parseUpstreamFlag, portOf, type ServiceFlag, type UpstreamFlag } from "../../local/run/service-flag.ts";
import { supervise } from "../../local/run/supervise.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { namePrefix } from "../output/name-prefix.ts";
import { parseCount, parseDuration, parsePair } from "../options/values.ts";
import { presentServer } from "../target.ts";
import { hostOf } from "./local/host.ts";

interface RunOptions {
  readonly service?: readonly ServiceFlag[];
  readonly upstream?: readonly UpstreamFlag[];
  readonly version?: string;
  readonly port?: number;
  readonly serviceAccount?: string;
  readonly label?: readonly { readonly name: string; readonly value: string }[];
  readonly readyPath?: string;
  readonly drain?: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly concurrency?: number;
  readonly limit?: readonly ProxyLimits[];
  readonly transparent?: boolean;
}

const MAX_CONCURRENCY = 64;
const DRAIN_MS = 30_000;

export const command = defineCommand<RunOptions>({
  description:
    "Runs a command as a workload of the mesh on this machine, with a sidecar beside it, in the foreground: its output comes " +
    "with the workload's name before each line, signals go to it, and its exit code is the exit code (128 + n after signal n).\n\n" +
    "The command gets PORT (where to listen), MESHCTL_UPSTREAM_<SERVICE>_<PORT> (host:port for each --upstream), " +
    "http_proxy and HTTP_PROXY (the sidecar, for programs that heed them), and MESHCTL_NAMESPACE, MESHCTL_WORKLOAD and " +
    "MESHCTL_VERSION. It talks plain HTTP or TCP to loopback; between sidecars everything is mutual TLS.",
  arguments: [
    { syntax: "<name>", description: "name of this workload; also its service account, unless that is given" },
    { syntax: "[command...]", description: "after --: the program and its arguments" },
  ],
  options: [
    {
      flags: "--service <name:port[=appport][/protocol]>",
      description: "service it serves; protocol http (default), http2, grpc or tcp; repeatable",
      parse: parseServiceFlag,
      repeatable: true,
    },
    {
      flags: "--upstream <name[.namespace]:port[=localport]>",
      description: "loopback port to a service it calls; repeatable",
      parse: parseUpstreamFlag,
      repeatable: true,
    },
    { flags: "--version <version>", description: "version among the instances of its services, for `meshctl route split`" },
    { flags: "--port <port>", description: "port the application listens on; 0 picks one", parse: (text) => portOf(text, 0) },
    { flags: "--service-account <name>", description: "identity: spiffe://<trust domain>/ns/<namespace>/sa/<name>" },
    { flags: "--label <key=value>", description: "label of the workload; repeatable", parse: parsePair, repeatable: true },
    { flags: "--ready-path <path>", description: "takes traffic only while GET of this path answers 2xx (HTTP/1 services)" },
    { flags: "--drain <duration>", description: "at the end, wait this long for calls under way (default: 30s)", parse: parseDuration },
    { flags: "--log-level <level>", description: "of the sidecar's log", choices: ["debug", "info", "warn", "error"], default: "warn" },
    {
      flags: "--concurrency <n>",
      description: "processes of the sidecar, for gateways on several cores; they share ports, limits and name (default: 1)",
      parse: parseConcurrency,
    },
    {
      flags: "--limit <name=value>",
      description: "of the sidecar: connections=N, requests=N, buffered=SIZE, lag=DURATION; what is more gets 503 overloaded; repeatable",
      parse: parseLimitFlag,
      repeatable: true,
    },
    { flags: "--transparent", description: "redirect all traffic in a network namespace (not there yet)" },
  ],
  examples: [
    { line: "meshctl run api1 --service api:80 --version v1 --port 8081 -- node templates/demo/api.js", text: "Version v1 of service api" },
    {
      line: "meshctl run web --service web:80 --port 8080 --upstream api:80=9101 -- node templates/demo/web.js",
      text: "A service that calls it at 127.0.0.1:9101 (MESHCTL_UPSTREAM_API_80)",
    },
    {
      line: "meshctl run ledger --service ledger:7000/tcp --port 0 -- node templates/demo/ledger.js",
      text: "A TCP service on a free port",
    },
    {
      line: "meshctl run edge --upstream web:80=8080 --concurrency 2 --limit connections=2000 -- sleep infinity",
      text: "A gateway on two cores that takes at most 2,000 connections",
    },
    { line: "meshctl run job --upstream api:80=9101 -- curl http://127.0.0.1:9101/items", text: "A client that serves nothing, once" },
  ],
  run,
});

function parseConcurrency(text: string): number {
  const count = parseCount(text);
  if (count <= MAX_CONCURRENCY) return count;
  throw new UserError(`${count} processes are too many: at most ${MAX_CONCURRENCY}`, {
    hint: "As many as the machine has cores is what makes sense.",
    exitCode: EXIT.USAGE,
  });
}

async function run(context: Context, options: RunOptions, name: string, words: readonly string[] = []): Promise<number> {
  if (options.transparent) {
    throw new UserError("--transparent is not there yet: this version does not redirect traffic in a network namespace", {
      hint: "Leave it out: the application then reaches others through --upstream or http_proxy.",
      exitCode: EXIT.USAGE,
    });
  }
  const plan = await planRun(
    {
      name,
      namespace: await context.namespace(),
      services: options.service ?? [],
      upstreams: options.upstream ?? [],
      version: options.version,
      port: options.port,
      serviceAccount: options.serviceAccount,
      labels: Object.fromEntries((options.label ?? []).map((label) => [label.name, label.value])),
      readyPath: options.readyPath,
      drainMs: options.drain ?? DRAIN_MS,
      concurrency: options.concurrency,
      limits: Object.assign({}, ...(options.limit ?? [])),
      command: words,
    },
    pickPort,
  );
  const prefix = (coloured: boolean): string => namePrefix(name, coloured);
  const talk = prefix(context.colour.stderr);
  const cores = availableParallelism();
  if (plan.concurrency > cores) {
    context.say(
      `${talk}meshctl: --concurrency ${plan.concurrency} is more than the ${cores} cores there are: the processes will take turns`,
    );
  }
  const target = await context.target();
  const mesh = target.context;
  if (mesh.platform !== "local") {
    throw new UserError(`the context ${mesh.name} is not a mesh on this machine`, {
      hint: "Choose one with --context, or start one with `meshctl install --local`.",
      exitCode: EXIT.USAGE,
    });
  }
  return supervise(plan, {
    host: hostOf(context),
    client: await context.client(),
    server: presentServer(context.home, target),
    logLevel: options.logLevel,
    stdout: new LinePrefix(prefix(context.colour.stdout), (text) => void context.stdout.write(text)),
    stderr: new LinePrefix(talk, (text) => void context.stderr.write(text)),
    say: (text) => context.say(`${talk}meshctl: ${text}`),
    onSignal(handler) {
      const giveBack = context.interrupts.forwardTo(handler);
      // SIGHUP would reach the command alone; this ends the run in order, so that no registration stays.
      const stop = context.onOutputLost?.(() => handler("SIGTERM"));
      return () => {
        stop?.();
        giveBack();
      };
    },
  });
}
