import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { type CliResult, runCli } from "../../support/cli.ts";

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a, image: a}\n";
const HOST = POD.replace("spec:\n", "spec:\n  hostNetwork: true\n");
const BAD = POD.replace("{name: p}", "{name: p, annotations: {meshctl.dev/drain: never}}");

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "meshctl-inject-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function files(name: string, contents: Readonly<Record<string, string | Buffer>>): string {
  const root = join(folder, name);
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const cli = (argv: readonly string[], stdin: string | Buffer = "", cwd = folder): Promise<CliResult> => runCli(argv, { stdin, cwd });

describe("meshctl inject", () => {
  it("from stdin to stdout, with the report on stderr; uninject takes it back", async () => {
    const injected = await cli(["inject", "-"], POD);
    assert.equal(injected.code, 0);
    assert.match(injected.stdout, /name: meshctl-proxy/);
    assert.equal(injected.stderr, "pod/p injected\n1 injected\n");
    const again = await cli(["inject", "-"], injected.stdout);
    assert.equal(again.stdout, injected.stdout);
    assert.match(again.stderr, /pod\/p unchanged: already injected/);
    const back = await cli(["uninject", "-f", "-"], injected.stdout);
    assert.deepEqual([back.code, back.stdout, back.stderr], [0, POD, "pod/p uninjected\n1 uninjected\n"]);
    assert.match((await cli(["uninject", "-"], POD)).stderr, /pod\/p skipped: not injected/);
  });

  it("files, directories, patterns: one stream of documents, each file once", async () => {
    const cwd = files("names", {
      "a.yaml": POD.trimEnd(),
      "deep/b.yml": `---\n${POD}`,
      "deep/er/c.json": '{"kind":"ConfigMap"}',
      "deep/d.txt": "x",
    });
    const flat = await cli(["inject", "a.yaml", "-f", "deep"], "", cwd);
    assert.equal(flat.code, 0, flat.stderr);
    assert.match(flat.stderr, /2 injected/);
    assert.equal(flat.stdout.match(/^---$/gm)?.length, 1);
    const deep = await cli(["inject", "-R", "-f", ".", "-f", "deep", "a.yaml"], "", cwd);
    assert.match(deep.stderr, /2 injected/);
    assert.ok(deep.stdout.endsWith('---\n{"kind":"ConfigMap"}'), "what is not touched stays");
    const pattern = await cli(["inject", "**/*.y*ml"], "", cwd);
    assert.match(pattern.stderr, /2 injected/);
    assert.match((await cli(["inject", "*.nothing"], "", cwd)).stderr, /no file is called like \*\.nothing/);
  });

  it("in place: every file or none, modes and links kept", async () => {
    const cwd = files("place", { "a.yaml": POD, "b.yaml": HOST, "c.yaml": POD });
    chmodSync(join(cwd, "a.yaml"), 0o640);
    symlinkSync("c.yaml", join(cwd, "link.yaml"));
    const done = await cli(["inject", "a.yaml", "b.yaml", "link.yaml", "--in-place"], "", cwd);
    assert.deepEqual([done.code, done.stdout], [0, ""], done.stderr);
    assert.match(readFileSync(join(cwd, "a.yaml"), "utf8"), /meshctl-proxy/);
    assert.equal(statSync(join(cwd, "a.yaml")).mode & 0o777, 0o640);
    assert.equal(readFileSync(join(cwd, "b.yaml"), "utf8"), HOST);
    assert.ok(lstatSync(join(cwd, "link.yaml")).isSymbolicLink());
    assert.match(readFileSync(join(cwd, "c.yaml"), "utf8"), /meshctl-proxy/);
    const back = await cli(["uninject", "-f", ".", "--in-place"], "", cwd);
    assert.equal(back.code, 0, back.stderr);
    assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), POD);
    assert.equal(readFileSync(join(cwd, "c.yaml"), "utf8"), POD);
    assert.deepEqual(readdirSync(cwd).sort(), ["a.yaml", "b.yaml", "c.yaml", "link.yaml"], "nothing is left behind");
  });

  it("writes nothing at all when one file is bad", async () => {
    const cwd = files("bad", { "a.yaml": POD, "b.yaml": `# words\n${BAD}` });
    for (const extra of [["--in-place"], []]) {
      const { code, stdout, stderr } = await cli(["inject", "-f", ".", ...extra], "", cwd);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /b\.yaml:4:\d+: pod\/p: metadata\.annotations\["meshctl\.dev\/drain"\]: "never" is not a time/);
      assert.match(stderr, /nothing was written/);
      assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), POD);
    }
  });

  it("a file that cannot be written: those before it get their old text back", async (context) => {
    if (process.getuid?.() === 0) {
      // Root writes everywhere; a directory that is full of nothing but links to nowhere does it too.
      context.diagnostic("as root: the second file is a link into a file system that cannot be written");
    }
    const cwd = files("torn", { "a.yaml": POD, "sub/b.yaml": POD });
    const target = process.getuid?.() === 0 ? "/proc/self/comm" : join(cwd, "sub/b.yaml");
    if (process.getuid?.() === 0) {
      rmSync(join(cwd, "sub/b.yaml"));
      symlinkSync(target, join(cwd, "sub/b.yaml"));
    } else chmodSync(join(cwd, "sub"), 0o555);
    try {
      const { code } = await cli(["inject", "-R", "-f", ".", "--in-place"], "", cwd);
      assert.notEqual(code, 0);
      assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), POD);
      assert.deepEqual(readdirSync(cwd).sort(), ["a.yaml", "sub"]);
    } finally {
      chmodSync(join(cwd, "sub"), 0o755);
    }
  });

  it("dry run: a diff that patch applies, and nothing written", async () => {
    const text = readFileSync(new URL("../../../fixtures/manifests/helm-database.yaml", import.meta.url), "utf8");
    const cwd = files("dry", { "a.yaml": text });
    const { code, stdout, stderr } = await cli(["inject", "a.yaml", "--dry-run"], "", cwd);
    assert.equal(code, 0);
    assert.match(stderr, /injected \(dry run\)/);
    assert.match(stdout, /^--- a\.yaml\n\+\+\+ a\.yaml\n@@ -/);
    assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), text);
    const expected = (await cli(["inject", "a.yaml"], "", cwd)).stdout;
    const patched = spawnSync("patch", ["-s", "-o", "-", "a.yaml"], { cwd, input: stdout, encoding: "utf8" });
    if (patched.error === undefined) assert.equal(patched.stdout, expected);
  });

  it("reports for programs: on stdout, unless manifests go there", async () => {
    const cwd = files("json", { "a.yaml": `${POD}---\n${HOST}` });
    const dry = await cli(["inject", "a.yaml", "--dry-run", "-o", "json"], "", cwd);
    const report = JSON.parse(dry.stdout) as {
      workloads: { file: string; line: number; outcome: string; code?: string }[];
      counts: unknown;
    };
    assert.deepEqual(report.counts, { injected: 1, skipped: 1 });
    assert.deepEqual(
      report.workloads.map(({ file, line, outcome, code }) => [file, line, outcome, code]),
      [
        ["a.yaml", 1, "injected", undefined],
        ["a.yaml", 8, "skipped", "host-network"],
      ],
    );
    const piped = await cli(["inject", "a.yaml", "-o", "json"], "", cwd);
    assert.deepEqual(JSON.parse(piped.stderr), report);
    assert.match(piped.stdout, /meshctl-init/);
    const bad = await cli(["inject", "-", "-o", "json"], BAD);
    assert.equal(bad.code, 1);
    assert.equal((JSON.parse(bad.stderr) as { problems: unknown[] }).problems.length, 1);
    assert.equal(bad.stdout, "");
  });

  it("fails for CI when a workload is skipped, and writes nothing then", async () => {
    const { code, stdout, stderr } = await cli(["inject", "-", "--fail-on-skip"], `${POD}---\n${HOST}`);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /1 skipped, and --fail-on-skip; nothing was written/);
    assert.equal((await cli(["inject", "-"], HOST)).code, 0);
    assert.equal(
      (await cli(["inject", "-", "--fail-on-skip"], (await cli(["inject", "-"], POD)).stdout)).code,
      0,
      "injected before is fine",
    );
  });

  it("warns of namespaces that will not admit injected pods", async () => {
    const namespace =
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: closed, labels: {pod-security.kubernetes.io/enforce: restricted}}\n---\n";
    const { stderr } = await cli(["inject", "-", "-n", "closed"], `${namespace}${POD}`);
    assert.match(stderr, /namespace closed enforces the restricted pod security profile: injected pods will not be admitted/);
  });

  it("takes settings from flags, annotations win", async () => {
    const flags = [
      "--native-sidecar=false",
      "--drain",
      "1m",
      "--log-level",
      "debug",
      "--concurrency",
      "2",
      "--image",
      "example.org/m:1",
      "--image-pull-policy",
      "Never",
    ];
    const more = [
      "--revision",
      "r",
      "--mesh-namespace",
      "mesh",
      "--trust-domain",
      "td",
      "--skip-inbound-ports",
      "22",
      "--skip-outbound-ports",
      "25",
      "--skip-subnets",
      "10.0.0.0/8",
    ];
    const rest = [
      "--opaque-ports",
      "7",
      "--proxy-cpu-request",
      "1m",
      "--proxy-cpu-limit",
      "2",
      "--proxy-memory-request",
      "1Mi",
      "--proxy-memory-limit",
      "2Mi",
    ];
    const { stdout, code } = await cli(
      ["inject", "-", ...flags, ...more, ...rest],
      POD.replace("{name: p}", "{name: p, annotations: {meshctl.dev/log-level: error}}"),
    );
    assert.equal(code, 0);
    for (const part of [
      "meshctl-controller-r.mesh.svc:15012",
      "example.org/m:1",
      "imagePullPolicy: Never",
      "value: error",
      "value: td",
      "--skip-inbound-ports=15020,22",
      "--skip-outbound-ports=25",
      "--skip-subnets=10.0.0.0/8",
      'memory: "2Mi"',
      "terminationGracePeriodSeconds: 65",
    ]) {
      assert.ok(stdout.includes(part), part);
    }
    const bad = await cli(["inject", "-", "--drain", "never"], POD);
    assert.deepEqual([bad.code, bad.stdout], [2, ""]);
    assert.match(bad.stderr, /--drain: "never" is not a time/);
  });

  it("uninject takes the same options", async () => {
    const cwd = files("un", { "sub/a.yaml": (await cli(["inject", "-"], POD)).stdout, "plain.yaml": POD });
    const dry = await cli(["uninject", "-R", "-f", ".", "--dry-run"], "", cwd);
    assert.match(dry.stdout, /^--- sub\/a\.yaml/);
    assert.match(dry.stdout, /^-.*name: meshctl-proxy/m);
    assert.doesNotMatch(dry.stdout, /^\+ /m, "nothing is added");
    const report = await cli(["uninject", "-R", "-f", ".", "--dry-run", "-o", "json"], "", cwd);
    assert.deepEqual((JSON.parse(report.stdout) as { counts: unknown }).counts, { skipped: 1, uninjected: 1 });
    const strict = await cli(["uninject", "-R", "-f", ".", "--fail-on-skip"], "", cwd);
    assert.deepEqual([strict.code, strict.stdout], [1, ""]);
  });

  it("refuses URLs, no names, stdin in place, two ways at once, with exit code 2", async () => {
    for (const [argv, message] of [
      [["inject", "https://example.org/a.yaml"], /is a URL.*\n.*Download it/],
      [["inject"], /nothing to read/],
      [["inject", "-", "--in-place"], /stdin cannot be written in place/],
      [["inject", "-", "--in-place", "--dry-run"], /cannot go together/],
      [["inject", "-", "-f", "-"], /stdin can be read once/],
    ] as const) {
      const { code, stderr, stdout } = await cli(argv, POD);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    }
  });

  it("refuses what is no UTF-8 text", async () => {
    const cwd = files("bytes", {
      "latin.yaml": Buffer.from("name: caf\xe9\n", "latin1"),
      "wide.yaml": Buffer.from(`\ufeff${POD}`, "utf16le"),
    });
    assert.match((await cli(["inject", "latin.yaml"], "", cwd)).stderr, /latin\.yaml: not UTF-8 text/);
    assert.match((await cli(["inject", "wide.yaml"], "", cwd)).stderr, /wide\.yaml: not a text file/);
    assert.match((await cli(["inject", "gone.yaml"], "", cwd)).stderr, /gone\.yaml does not exist/);
  });

  it("gives what kubectl reads", async (context) => {
    if (spawnSync("kubectl", ["version", "--client"]).error !== undefined) return context.skip("no kubectl");
    const text = readFileSync(new URL("../../../fixtures/manifests/anchors.yaml", import.meta.url), "utf8");
    const { stdout } = await cli(["inject", "-"], text);
    const cwd = files("kustomize", { "all.yaml": stdout, "kustomization.yaml": "resources: [all.yaml]\n" });
    const built = spawnSync("kubectl", ["kustomize", cwd], { encoding: "utf8" });
    assert.equal(built.status, 0, built.stderr);
    assert.equal(built.stdout.match(/name: meshctl-proxy$/gm)?.length, 5);
  });
});
