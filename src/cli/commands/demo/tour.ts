import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { StatResponse, StatRow } from "../../../api/contract.ts";
import { writeFileAtomicSync } from "../../../lib/atomic-file.ts";
import { UserError } from "../../../lib/errors.ts";
import { CONTROLLER_CA_FILE } from "../../../local/context.ts";
import { packageRoot } from "../../../local/programs.ts";
import { liveRuns } from "../../../local/run-record.ts";
import { waitUntil } from "../../../local/wait.ts";
import { type Answer, ask, generateLoad } from "./load.ts";
import { findProgram } from "./find-program.ts";
import type { Stage } from "./stage.ts";
import { openStore, type StorePorts } from "./store.ts";
import { isOneChain, spanProxy, wholeTrace } from "./whole-trace.ts";
import { lookAtWire } from "./wire.ts";

/** One stop of the tour. */
export interface Stop {
  readonly title: string;
  play(stage: Stage, ports: StorePorts): Promise<void>;
}

const CONCURRENCY = 32;

/** Installs, opens the store, and plays the stops in order. Resolves with the ports that were measured at. */
export async function playTour(stage: Stage, installed: () => void): Promise<StorePorts> {
  stage.heading("A control plane on this machine");
  await stage.meshctl("install", "--local");
  installed();
  stage.heading("A store of five programs that know nothing of a mesh, each with a sidecar");
  const ports = await openStore(stage);
  stage.text("web calls api (two versions, HTTP) and ledger (TCP) through loopback ports of its sidecar; shopper calls web.");
  for (const stop of STOPS) {
    stage.heading(stop.title);
    await stop.play(stage, ports);
  }
  return ports;
}

const STOPS: readonly Stop[] = [
  {
    title: "Who is in the mesh, and is every proxy up to date",
    async play(stage) {
      await stage.meshctl("get", "workloads", "-o", "wide");
      await stage.meshctl("proxy-status");
    },
  },
  {
    title: "Traffic: HTTP to two versions, TCP to the ledger",
    async play(stage, ports) {
      for (const path of ["/items", "/buy?item=kettle"]) {
        const answer = await ask(ports.web, path, stage.host.clock);
        stage.text(`GET http://127.0.0.1:${ports.web}${path}`);
        stage.measured(`${answer.status} ${answer.body.trim().slice(0, 160)}`, answer.status === 200);
      }
      const answers = await load(stage, ports, 500, "plain");
      stage.measured(`${succeeded(answers)} of ${answers.length} requests answered with 200`, succeeded(answers) === answers.length);
      await countAtBackends(stage, ports, answers, "plain");
    },
  },
  {
    title: "Split: nine in ten requests to v1, one to v2",
    async play(stage, ports) {
      await stage.meshctl("route", "split", "api", "--weight", "v1=90", "--weight", "v2=10");
      await stage.meshctl("route", "list");
      await inForce(stage);
      const answers = await load(stage, ports, 2_000, "split");
      const v2 = answers.filter(({ body }) => body.includes('"version":"v2"')).length;
      stage.measured(`${succeeded(answers)} of ${answers.length} requests answered with 200`, succeeded(answers) === answers.length);
      stage.share({ label: "v2, counted by the client", count: v2, total: answers.length, expected: 0.1 });
      await countAtBackends(stage, ports, answers, "split");
    },
  },
  {
    title: "Fault: three in ten requests to api fail",
    async play(stage, ports) {
      await stage.meshctl("fault", "abort", "api", "--status", "503", "--percent", "30");
      await inForce(stage);
      const answers = await load(stage, ports, 1_000, "abort");
      const aborted = answers.filter(({ status, body }) => status === 503 && body.includes("fault-abort")).length;
      stage.share({ label: "503 with reason fault-abort", count: aborted, total: answers.length, expected: 0.3 });
      const others = answers.length - aborted - succeeded(answers);
      stage.measured(`${succeeded(answers)} answered with 200, ${others} otherwise`, others === 0);
      await countAtBackends(stage, ports, answers, "abort");
    },
  },
  {
    title: "Stat: what the proxies counted, beside a caller's own count",
    async play(stage) {
      const customer = join(packageRoot(), "templates", "demo", "customer.js");
      const said = await stage.meshctl("run", "customer", "--upstream", "api:80", "--", "node", customer);
      await statAgrees(stage, "customer", said);
      await stage.meshctl("stat", "svc", "-t", "2m");
      await stage.meshctl("stat", "svc", "api", "--from", "customer", "-o", "wide");
      await stage.meshctl("fault", "clear", "api");
    },
  },
  {
    title: "Fault: every second request to api is held for 200 ms",
    async play(stage, ports) {
      await stage.meshctl("fault", "delay", "api", "--delay", "200ms", "--percent", "50");
      await inForce(stage);
      const answers = await load(stage, ports, 400, "delay");
      const slow = answers.filter(({ durationMs }) => durationMs >= 200).length;
      stage.share({ label: "took 200 ms or longer", count: slow, total: answers.length, expected: 0.5 });
      await stage.meshctl("fault", "clear", "api");
      await inForce(stage);
    },
  },
  {
    title: "Tap: requests as they end, seen by the proxies",
    async play(stage) {
      const shown = await stage.meshctl("tap", "web", "--max", "6");
      const lines = shown.split("\n").filter((line) => line.includes("default/shopper → default/web"));
      stage.measured(
        `${lines.length} requests from shopper, each over mutual TLS`,
        lines.length > 0 && lines.every((line) => /mtls=default\/(?:web|shopper)/.test(line)),
      );
    },
  },
  {
    title: "Trace: one request on its way from shopper through web to api",
    async play(stage) {
      await stage.meshctl("apply", "-f", join(packageRoot(), "templates", "demo", "tracing.yaml"));
      const trace = await wholeTrace(stage);
      await stage.meshctl("trace", "list", "--service", "api", "--limit", "3");
      await stage.meshctl("trace", "show", trace.traceId.slice(0, 16));
      stage.measured(
        `${trace.spans.length} spans of ${new Set(trace.spans.map(spanProxy)).size} proxies, each the child of the one before`,
        isOneChain(trace),
      );
    },
  },
  {
    title: "Certificates: who is who, until when",
    async play(stage) {
      await stage.meshctl("cert", "status");
      await stage.meshctl("cert", "list");
      await stage.meshctl("cert", "inspect", "api1");
      await stage.meshctl("cert", "rotate", "api1");
    },
  },
  {
    title: "The identity on the wire, seen from outside the mesh",
    async play(stage) {
      const port = inboundPort(stage, "api1", "service api:80");
      const caFile = join(stage.host.layout.root, CONTROLLER_CA_FILE);
      const openssl = findProgram("openssl", stage.host.env);
      if (openssl === null) stage.text("openssl is not installed: that look at it is skipped");
      else {
        const look = `openssl s_client -connect 127.0.0.1:${port} -alpn meshctl/h1 -CAfile ${caFile} </dev/null 2>/dev/null`;
        await stage.shell(`${look} | openssl x509 -noout -issuer -ext subjectAltName`);
      }
      const ca = readFileSync(caFile, "utf8");
      const { clock, layout } = stage.host;
      const bare = await lookAtWire(port, ca, clock);
      const identity = "URI:spiffe://cluster.local/ns/default/sa/api1";
      stage.measured(`the certificate chains to the mesh's root and says ${bare.names}`, bare.trusted && bare.names === identity);
      stage.measured("a client without a certificate gets no answer", bare.answer === "");
      const out = join(layout.local, "runner");
      await stage.meshctl("cert", "issue", "--identity", "ns/ci/sa/runner", "--ttl", "1h", "--out", out);
      const credential = { cert: readFileSync(join(out, "cert.pem"), "utf8"), key: readFileSync(join(out, "key.pem"), "utf8") };
      const known = await lookAtWire(port, ca, clock, credential);
      stage.measured(`a client with that certificate gets ${known.answer || "no answer"}`, known.answer.startsWith("HTTP/1.1 200"));
    },
  },
  {
    title: "Is everything as it should be",
    async play(stage) {
      await stage.meshctl("check");
    },
  },
  {
    title: "The same with kubectl",
    async play(stage) {
      const kubectl = findProgram("kubectl", stage.host.env);
      if (kubectl === null) return stage.text("kubectl is not installed: skipped");
      const { output } = await stage.ask("kubeconfig");
      const file = join(stage.host.layout.local, "kubeconfig.yaml");
      stage.line(`meshctl kubeconfig > ${file}`);
      writeFileAtomicSync(file, output);
      await stage.show("kubectl", kubectl, "--kubeconfig", file, "get", "httproutes,workloads", "-A");
    },
  },
];

/** How many headings {@link playTour} prints. */
export const TOUR_STEPS = STOPS.length + 2;

function load(stage: Stage, ports: StorePorts, requests: number, run: string): Promise<readonly Answer[]> {
  stage.text(`${requests} requests to http://127.0.0.1:${ports.web}/items, ${CONCURRENCY} at a time …`);
  return generateLoad({ port: ports.web, path: `/items?run=${run}`, requests, concurrency: CONCURRENCY, clock: stage.host.clock });
}

function succeeded(answers: readonly Answer[]): number {
  return answers.filter(({ status }) => status === 200).length;
}

/** What the applications counted themselves must be what the client saw. */
async function countAtBackends(stage: Stage, ports: StorePorts, answers: readonly Answer[], run: string): Promise<void> {
  const served = await Promise.all([ports.api1, ports.api2].map((port) => servedBy(stage, port, run)));
  const seen = ["v1", "v2"].map((version) => answers.filter(({ body }) => body.includes(`"version":"${version}"`)).length);
  stage.measured(
    `client saw v1 ${seen[0]}, v2 ${seen[1]}; the backends counted v1 ${served[0]}, v2 ${served[1]}`,
    seen[0] === served[0] && seen[1] === served[1],
  );
}

async function servedBy(stage: Stage, port: number, run: string): Promise<number> {
  const { body } = await ask(port, `/stats?run=${run}`, stage.host.clock);
  return (JSON.parse(body) as { served: number }).served;
}

/** A caller's count by status, in its own words (`143 x 200, 57 x 503`), must be what its proxy reported. */
async function statAgrees(stage: Stage, caller: string, said: string): Promise<void> {
  const own = Object.fromEntries([...said.matchAll(/(\d+) x (\d{3})/g)].map(([, times, status]) => [status, Number(times)]));
  const asked = Number(/asked (\d+) times/.exec(said)?.[1] ?? Number.NaN);
  let row: StatRow | undefined;
  await waitUntil(
    stage.host.clock,
    async () => {
      const { code, output } = await stage.ask("stat", "svc", "api", "--from", caller, "-o", "json");
      if (code === 0) [row] = (JSON.parse(output) as StatResponse).rows;
      return (row?.requests ?? 0) >= asked;
    },
    { limitMs: 10_000, everyMs: 200 },
  );
  const words = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([status, times]) => `${times} x ${status}`)
      .join(", ");
  const counted = row?.statuses ?? {};
  stage.measured(
    `${caller} counted ${words(own)}; stat says ${words(counted)}`,
    row?.requests === asked && isDeepStrictEqual(own, counted),
  );
}

/** Waits until every proxy has acknowledged what the controller has for it. */
async function inForce(stage: Stage): Promise<void> {
  let calm = 0;
  const done = await waitUntil(
    stage.host.clock,
    async () => {
      const { code, output } = await stage.ask("proxy-status", "-o", "json");
      calm = code === 0 && !/"(STALE|NACK)"/.test(output) ? calm + 1 : 0;
      return calm >= 2;
    },
    { limitMs: 10_000, everyMs: 100 },
  );
  if (!done) throw new UserError("the proxies did not take the new configuration within 10 s", { hint: "meshctl proxy-status" });
}

function inboundPort(stage: Stage, workload: string, what: string): number {
  const port = liveRuns(stage.host.layout).find(({ name }) => name === workload)?.ports[what];
  if (port === undefined) throw new UserError(`the workload ${workload} does not run any more`);
  return port;
}
