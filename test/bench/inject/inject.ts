/** What `meshctl inject` takes for streams of many documents: time, and whether memory grows with them and no faster. */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineLine } from "../machine.ts";
import type { BenchOptions, Findings } from "../options.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";

const PROGRAM = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));
const COUNTS = [1, 1_000, 2_000, 4_000];
/** Says at its end what the process has needed. */
const METER = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();" +
    " process.stderr.write(`METER ${JSON.stringify({ kib: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1000 })}`); });",
)}`;

function deployment(index: number): string {
  return `# service ${index}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-${index}
  namespace: team-${index % 10}
  labels:
    app.kubernetes.io/name: service-${index}
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: service-${index}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-${index}
    spec:
      serviceAccountName: service-${index}
      containers:
        - name: app
          image: "example.org/service-${index}:1.${index}"
          env:
            - name: UPSTREAM
              value: http://service-${(index + 1) % 1000}:8080
          ports:
            - name: http
              containerPort: 8080
          livenessProbe:
            httpGet:
              path: /live
              port: http
          readinessProbe:
            httpGet:
              path: /ready
              port: http
          resources:
            requests: {cpu: 100m, memory: 128Mi}
      volumes:
        - name: tmp
          emptyDir: {}
`;
}

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly mib: number;
}

function once(file: string): Sample {
  const start = performance.now();
  // On every core, as at a user's: the benchmark itself is pinned to one.
  const words = ["-c", `0-${cpus().length - 1}`, process.execPath, "--import", METER, PROGRAM, "inject", file];
  const { status, stdout, stderr } = spawnSync("taskset", words, {
    encoding: "utf8",
    maxBuffer: 1024 * 1024 * 1024,
  });
  const wallMs = performance.now() - start;
  const meter = /METER (\{.*\})/.exec(stderr)?.[1];
  if (status !== 0 || meter === undefined || !stdout.includes("meshctl-proxy")) throw new Error(`inject failed: ${stderr.slice(0, 400)}`);
  const { kib, cpuMs } = JSON.parse(meter) as { kib: number; cpuMs: number };
  return { wallMs, cpuMs, mib: kib / 1024 };
}

export async function benchInject(options: BenchOptions): Promise<Findings | null> {
  if (!existsSync(PROGRAM)) {
    console.error("inject: dist/cli.js is missing: npm run build");
    return null;
  }
  const series = COUNTS.map((count) => {
    const file = join(options.folder, `inject-${count}.yaml`);
    const text = Array.from({ length: count }, (_, index) => deployment(index)).join("---\n");
    writeFileSync(file, text);
    return { count, file, bytes: text.length, samples: [] as Sample[] };
  });
  for (let run = 0; run < options.runs; run += 1) for (const { file, samples } of series) samples.push(once(file));
  const results = series.map(({ count, bytes, samples }) => ({
    documents: count,
    bytes,
    wallMs: spreadOf(samples.map(({ wallMs }) => wallMs)),
    cpuMs: spreadOf(samples.map(({ cpuMs }) => cpuMs)),
    mib: spreadOf(samples.map(({ mib }) => mib)),
  }));
  console.log(`meshctl inject on one file of many Deployments; ${options.runs} interleaved runs, median (min–max), whole processes`);
  console.log(`${machineLine()}; dist/cli.js on Node ${process.version}`);
  console.log(`${options.command}\n`);
  const rows = results.map(({ documents, bytes, wallMs, cpuMs, mib }) => [
    String(documents),
    (bytes / 1e6).toFixed(2),
    formatSpread(wallMs, 0),
    formatSpread(cpuMs, 0),
    formatSpread(mib, 0),
  ]);
  console.log(formatTable([["documents", "MB", "wall ms", "CPU ms", "peak MiB"], ...rows]));
  console.log("targets: 1,000 documents ≤ 1.5 s; memory linear in the documents\n");
  return { results };
}
