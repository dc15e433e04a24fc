import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { EndSignal } from "../../src/cli/invocation.ts";
import type { Prompt } from "../../src/cli/prompt/contract.ts";
import { run } from "../../src/cli/run.ts";
import { createApiServer } from "../../src/controller/apiserver/server.ts";
import { openStore } from "../../src/controller/apiserver/store/store.ts";
import type { Exchange } from "../../src/controller/http.ts";
import { formatContexts } from "../../src/home/contexts.ts";
import { homeLayout } from "../../src/home/layout.ts";
import { createKubeClient } from "../../src/kube/client.ts";
import type { KubeClient } from "../../src/kube/contract.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { allKinds } from "../../src/policies/kinds.ts";
import { selfSigned } from "./self-signed.ts";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly home?: string;
  readonly stdin?: string | Buffer;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with everything printed so far, after each write. */
  readonly onOutput?: (stdout: string, interrupt: (signal: EndSignal) => void) => void;
  readonly nodeVersion?: string;
  readonly isTTY?: boolean;
  /** The person at the terminal; nobody when absent. */
  readonly prompt?: Prompt;
}

/** One command line in this process, as src/main/cli.ts runs it in its own. */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const handlers = new Set<(signal: EndSignal) => void>();
  const interrupt = (signal: EndSignal): void => {
    for (const handler of handlers) handler(signal);
  };
  const text = { stdout: "", stderr: "" };
  const writer = (name: "stdout" | "stderr") => ({
    isTTY: options.isTTY ?? false,
    columns: 120,
    write(piece: string): boolean {
      text[name] += piece;
      options.onOutput?.(text.stdout, interrupt);
      return true;
    },
  });
  const code = await run({
    argv,
    env: { ...(options.home === undefined ? {} : { MESHCTL_HOME: options.home }), ...options.env },
    cwd: options.cwd ?? process.cwd(),
    userHome: "/nonexistent",
    stdin: Readable.from([options.stdin ?? ""]),
    stdout: writer("stdout"),
    stderr: writer("stderr"),
    openPrompt: options.prompt === undefined ? null : () => Promise.resolve(options.prompt as Prompt),
    clock: systemClock,
    random: seededRandom(1),
    pid: process.pid,
    uid: process.getuid?.(),
    nodeVersion: options.nodeVersion ?? "v24.14.1",
    nodePath: process.execPath,
    scriptPath: "/opt/meshctl/bin/meshctl.js",
    onSignal(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  });
  return { code, ...text };
}

/** Answers of the controller's own paths, by `METHOD /path`; a function writes the response itself. */
export type OwnPaths = Record<string, unknown | ((exchange: Pick<Exchange, "request" | "response" | "query">) => void)>;

export interface CliMesh {
  readonly home: string;
  readonly client: KubeClient;
  readonly port: number;
  /** May be changed while the server runs. */
  readonly paths: OwnPaths;
  /** Runs a command line against this mesh. */
  cli(argv: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Closes the listening socket and every connection: the controller is gone. */
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

/** The real resource API on a loopback port, with a state directory whose context names it. */
export async function startCliMesh(): Promise<CliMesh> {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-cli-"));
  const home = join(directory, "home");
  const layout = homeLayout(home);
  const { certPem, keyPem } = selfSigned();
  const store = await openStore(join(directory, "store"));
  const errors: unknown[] = [];
  const api = await createApiServer({ store, kinds: allKinds(), clock: systemClock, onInternalError: (error) => errors.push(error) });
  const paths: OwnPaths = {};
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://localhost");
    const admin = request.headers.authorization === "Bearer cli-token";
    const own = paths[`${request.method} ${pathname}`];
    if (own !== undefined && (admin || pathname.endsWith("/trust"))) {
      if (typeof own === "function") own({ request, response, query: searchParams });
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(own));
      return;
    }
    if (!admin)
      return void response
        .writeHead(401, { "content-type": "application/json" })
        .end('{"kind":"Status","code":401,"reason":"Unauthorized","message":"Unauthorized"}');
    void api.handle(request, response, { kind: "admin", user: "test", groups: ["system:masters"] }).then((taken) => {
      if (!taken)
        response
          .writeHead(404, { "content-type": "application/json" })
          .end('{"kind":"Status","code":404,"reason":"NotFound","message":"not found"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  mkdirSync(join(layout.adminTokenFile, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(layout.adminTokenFile, "cli-token\n", { mode: 0o600 });
  const context = {
    name: "local",
    platform: "local",
    server: url,
    certificateAuthorityData: certPem,
    tokenFile: "local/credentials/admin.token",
  } as const;
  writeFileSync(layout.configFile, formatContexts({ currentContext: "local", contexts: [context] }), { mode: 0o600 });
  const client = createKubeClient({ server: url, caPem: certPem, token: "cli-token" });
  let stopped: Promise<void> | undefined;
  const stopServer = (): Promise<void> =>
    (stopped ??= new Promise<void>((resolve) => {
      api.close();
      server.close(() => resolve());
      server.closeAllConnections();
    }));
  return {
    home,
    client,
    port,
    paths,
    cli: (argv, options) => runCli(argv, { home, ...options }),
    stopServer,
    async close() {
      await client.close();
      await stopServer();
      await store.close();
      rmSync(directory, { recursive: true, force: true });
      if (errors.length > 0) throw new AggregateError(errors, "the API had internal errors");
    },
  };
}
