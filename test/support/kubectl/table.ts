/**
 * Tables of kubectl command lines: each row is a line of shell with its exit code and what it prints. A table
 * runs once for each kubectl that is found, all against one control plane, each in a namespace of its own.
 * MESHCTL_TEST_KUBECTL=v1.32 leaves the others out.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startMesh, type TestMesh } from "../mesh.ts";
import { findKubectls, type Kubectl } from "./find.ts";
import { expectText, type Expected } from "./expect.ts";

export interface Row {
  /** A line of bash; `kubectl` is the one under test, `$NS` its namespace, and files of the table lie in the current directory. */
  readonly run: string;
  /** Exit code; default 0. */
  readonly exit?: number;
  /** stdout; default: nothing. */
  readonly out?: Expected;
  /** stderr; default: nothing. */
  readonly err?: Expected;
  /** For kubectl of these minor versions only. */
  readonly from?: number;
  readonly to?: number;
  /** The line goes on until it is ended: this line of shell is run, again and again, until stdout is as expected. */
  readonly meanwhile?: string;
}

export interface TableOptions {
  /** Files of the current directory: path → content. Those that end in .sh can be run. */
  readonly files: Readonly<Record<string, string>>;
}

const LIMIT_MS = 30_000;

/** Declares one test for each kubectl, with a subtest for each row. */
export function kubectlTable(title: string, { files }: TableOptions, rows: readonly Row[]): void {
  const { found, tooOld } = findKubectls();
  for (const reason of tooOld) test(title, { skip: reason }, () => {});
  if (found.length === 0) {
    if (tooOld.length === 0) test(title, { skip: "no kubectl is installed (1.27 or newer; no Debian package has one)" }, () => {});
    return;
  }
  test(title, { timeout: found.length * rows.length * 2_000 + 120_000 }, async (t) => {
    const mesh = await startMesh(t);
    for (const kubectl of found.filter(({ version }) => version.startsWith(process.env.MESHCTL_TEST_KUBECTL ?? ""))) {
      await t.test(`${kubectl.name} ${kubectl.version}`, async (own) => {
        const shell = await openShell(mesh, kubectl, files);
        for (const row of rows) {
          if (kubectl.minor < (row.from ?? 0) || kubectl.minor > (row.to ?? Number.POSITIVE_INFINITY)) continue;
          await own.test(row.run, () => (row.meanwhile === undefined ? runRow(shell, row) : watchRow(shell, row, row.meanwhile)));
        }
      });
    }
  });
}

interface Shell {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A directory with the files, a kubeconfig, and this kubectl as `kubectl`; and its namespace in the mesh. */
async function openShell(mesh: TestMesh, kubectl: Kubectl, files: TableOptions["files"]): Promise<Shell> {
  const namespace = kubectl.name.replace(/[^a-z0-9]/g, "-");
  const root = join(mesh.home, "..", namespace);
  mkdirSync(join(root, "bin"), { recursive: true });
  symlinkSync(kubectl.path, join(root, "bin", "kubectl"));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
  }
  const config = JSON.parse(await mesh.ok(["kubeconfig", "-o", "json", "-n", namespace])) as { users: { user: object }[] };
  const [user] = config.users;
  // The token itself: what asks for it has a test of its own, and would start a Node.js for every row.
  if (user) user.user = { token: readFileSync(mesh.layout.adminTokenFile, "utf8").trim() };
  writeFileSync(join(root, "kubeconfig"), JSON.stringify(config));
  const { status } = await mesh.api("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  assert.equal(status, 201);
  const env = {
    PATH: `${join(root, "bin")}:${process.env.PATH}`,
    HOME: root,
    TMPDIR: root,
    KUBECONFIG: join(root, "kubeconfig"),
    NS: namespace,
  };
  return { cwd: root, env };
}

async function runRow(shell: Shell, row: Row): Promise<void> {
  const { done } = start(shell, row.run);
  const { code, out, err } = await done;
  const all = `\n$ ${row.run}\n${out}${err}[exit ${code}]`;
  expectText(`stdout${all}`, out, row.out ?? "", shell.env.NS ?? "");
  expectText(`stderr${all}`, err, row.err ?? "", shell.env.NS ?? "");
  assert.equal(code, row.exit ?? 0, all);
}

/** A watch has no moment at which it says that it has begun: things happen until it has seen them. */
async function watchRow(shell: Shell, row: Row, meanwhile: string): Promise<void> {
  const watching = start(shell, `exec ${row.run}`);
  const startedMs = performance.now();
  try {
    for (;;) {
      await start(shell, meanwhile).done;
      try {
        expectText(`stdout of ${row.run}`, watching.soFar(), row.out ?? "", shell.env.NS ?? "");
        return;
      } catch (error) {
        if (performance.now() - startedMs > LIMIT_MS) throw error;
      }
    }
  } finally {
    watching.stop();
    await watching.done;
  }
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Running {
  readonly done: Promise<Ran>;
  soFar(): string;
  stop(): void;
}

function start({ cwd, env }: Shell, line: string): Running {
  const child = spawn("bash", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text.out += piece;
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    text.err += piece;
  });
  const late = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS * 2);
  const done = new Promise<Ran>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(late);
      resolve({ code: code ?? (signal === null ? -1 : 128), ...text });
    });
  });
  return { done, soFar: () => text.out, stop: () => void child.kill("SIGTERM") };
}
