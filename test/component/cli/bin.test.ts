import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";
import { MESHCTL, TestMesh } from "../../support/mesh.ts";

/** False when the program is installed, else why its test is skipped. */
function isThere(program: string, args: readonly string[] = ["--version"]): string | false {
  return spawnSync(program, args).status === 0 ? false : `${program} is not installed`;
}

/** The built program itself: argv, exit codes, pipes, signals, shells. `npm ci` builds it. */
let mesh: CliMesh;
let built: TestMesh;
const bin = mkdtempSync(join(tmpdir(), "meshctl-bin-"));
before(async () => {
  mesh = await startCliMesh();
  built = new TestMesh(mesh.home);
  symlinkSync(MESHCTL, join(bin, "meshctl"));
  const objects = ["api", "ledger"].map((name) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port: 80 }] },
  }));
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  assert.equal((await built.meshctl(["apply", "-f", "-"], { input: stdin })).code, 0);
});
after(async () => {
  await mesh.close();
  rmSync(bin, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Another program, without blocking this process: the API it asks runs here. */
function execute(program: string, args: readonly string[], input = ""): Promise<Ran> {
  const child = spawn(program, args, { env: { ...environment(), KUBECONFIG: join(bin, "kc.yaml") } });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, MESHCTL_HOME: mesh.home, PATH: `${bin}${delimiter}${process.env.PATH}` });

describe("the built program", () => {
  it("prints its version", async () => {
    const version = /^\d+\.\d+\.\d+/;
    assert.match(await built.ok(["--version"]), version);
    assert.match(await built.ok(["version", "--client"]), /^client: +\d+\.\d+\.\d+/);
  });

  it("keeps data and talk apart, and ends with the right code", async () => {
    const table: [string[], number, RegExp, RegExp][] = [
      [["get", "svc", "-o", "name"], 0, /service\/api\n/, /^$/],
      [["get", "svc", "nope"], 1, /^$/, /^Error: .*not found/],
      [["nonsense"], 2, /^$/, /^Error: unknown command/],
      [["route", "split", "api", "--weight", "v1=NaN"], 2, /^$/, /not a weight/],
      [["proxy-status"], 1, /^$/, /^Error: /],
    ];
    for (const [argv, code, stdout, stderr] of table) {
      const result = await built.meshctl(argv);
      assert.match(result.stdout, stdout);
      assert.match(result.stderr, stderr);
      assert.equal(result.code, code, argv.join(" "));
      assert.doesNotMatch(result.stderr, /\n {4}at /, "no stack trace");
    }
  });

  it("says in a few words that its home is not a directory", async () => {
    const file = join(bin, "file");
    writeFileSync(file, "");
    const { code, stderr } = await built.meshctl(["get", "svc", "--home", file]);
    assert.ok(code === 1 || code === 3, stderr);
    assert.match(stderr, /^Error: /);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });

  it("is quiet when its reader has seen enough", async () => {
    const { code, stdout, stderr } = await execute("bash", ["-o", "pipefail", "-c", "meshctl api-resources -o wide | head -1"]);
    assert.match(stdout, /^NAME +SHORTNAMES[^\n]*\n$/);
    assert.equal(stderr, "");
    assert.equal(code, 0);
  });

  it("loses nothing to a slow reader", async () => {
    const annotations = { x: "a".repeat(100_000) };
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "large", annotations }, spec: { ports: [{ port: 80 }] } };
    await built.ok(["apply", "-f", "-"], { input: JSON.stringify(service) });
    const { stdout } = await execute("bash", ["-c", "meshctl get svc large -o yaml | (sleep 0.3; wc -c)"]);
    assert.ok(Number(stdout) > 200_000, stdout);
    await built.ok(["delete", "svc", "large"]);
  });

  it("ends a watch with 0 on Ctrl-C", async () => {
    const watch = built.background(["get", "svc", "-w"]);
    await watch.waitForOutput(/api /);
    watch.signal("SIGINT");
    assert.equal((await watch.exited).code, 0);
  });

  it("is cut short with 130 where nothing was to be watched", async () => {
    mesh.paths["GET /meshctl/v1/proxies"] = () => {};
    const asking = built.background(["proxy-status", "-v"]);
    // Whether it already waits for the answer or is still starting: Ctrl-C ends it. Only before Node listens would the signal itself.
    await new Promise<void>((resolve) => {
      mesh.paths["GET /meshctl/v1/proxies"] = () => resolve();
    });
    asking.signal("SIGINT");
    assert.equal((await asking.exited).code, 130);
  });

  it("completes live names in bash", async () => {
    const ask = async (line: string): Promise<string[]> => {
      const script = `
        source <(meshctl completion bash)
        COMP_LINE=${JSON.stringify(line)} COMP_POINT=\${#COMP_LINE}
        COMPREPLY=()
        _meshctl
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = await execute("bash", ["--norc", "-c", script]);
      assert.equal(stderr, "");
      return stdout.trim().split("\n");
    };
    assert.deepEqual(await ask("meshctl route split "), ["api", "ledger"]);
    assert.deepEqual(await ask("meshctl tap l"), ["ledger"]);
    assert.deepEqual(await ask("meshctl route sp"), ["split"]);
    assert.deepEqual(
      await ask("meshctl get svc --output=j"),
      ["json", "jsonpath="],
      "bash replaces only what stands after the equals sign",
    );
    assert.deepEqual(await ask(`meshctl apply -f ${bin}/f`), [join(bin, "file")]);
  });

  it("completes live names in zsh", { skip: isThere("zsh") }, async () => {
    // What zsh's own completion system offers is not printed anywhere; _describe is asked in its place.
    const script = `
      compdef() { :; }
      _describe() { print -l -- "\${(@P)3}"; }
      _files() { print FILES; }
      source <(meshctl completion zsh)
      words=(meshctl route split '') CURRENT=4
      _meshctl
      words=(meshctl apply -f '') CURRENT=4
      _meshctl`;
    const { stdout, stderr } = await execute("zsh", ["-f", "-c", script]);
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trim().split("\n"), ["api:Service", "ledger:Service", "FILES"]);
  });

  it("completes live names in fish", { skip: isThere("fish") }, async () => {
    const script = "meshctl completion fish | source; complete -C 'meshctl route split '; complete -C 'meshctl fault cl'";
    const { stdout, stderr } = await execute("fish", ["--no-config", "-c", script]);
    assert.equal(stderr, "");
    assert.match(stdout, /^api\tService\nledger\tService\nclear\tend the faults of a target\n$/);
  });
});

describe("the real kubectl with our kubeconfig", { skip: isThere("kubectl", ["version", "--client"]) }, () => {
  const run = async (args: readonly string[], input = ""): Promise<{ code: number | null; out: string }> => {
    const { code, stdout, stderr } = await execute("kubectl", ["--cache-dir", join(bin, "cache"), ...args], input);
    return { code, out: stdout + stderr };
  };
  before(async () => {
    writeFileSync(join(bin, "kc.yaml"), await built.ok(["kubeconfig"]));
  });

  it("gets its credential from us", async () => {
    const { code, out } = await run(["get", "services", "api", "-o", "name"]);
    assert.equal(out, "service/api\n");
    assert.equal(code, 0);
  });

  it("and we apply to the same objects without treading on each other", async () => {
    const manifest = (status: number, label: string): string =>
      `apiVersion: meshctl.dev/v1alpha1\nkind: FaultInjection\nmetadata:\n  name: both\n  labels: {${label}: x}\nspec:\n` +
      `  targetRefs: [{group: "", kind: Service, name: api}]\n  rules: [{abort: {httpStatus: ${status}}}]\n`;
    const name = "faultinjection.meshctl.dev/both";
    assert.equal(await built.ok(["apply", "-f", "-"], { input: manifest(500, "ours") }), `${name} created\n`);
    assert.equal((await run(["apply", "-f", "-"], manifest(501, "theirs"))).out, `${name} configured\n`);
    const text = await built.ok(["get", "faultinjection", "both", "-o", "yaml"]);
    assert.match(text, /httpStatus: 501\n/);
    assert.match(text, /\n {2}labels:\n {4}theirs: x\n(?! {4})/, "what we had applied was taken out");
    assert.equal(await built.ok(["apply", "-f", "-"], { input: manifest(501, "theirs") }), `${name} unchanged\n`);
    assert.equal(await built.ok(["apply", "-f", "-"], { input: manifest(502, "ours") }), `${name} configured\n`);
    assert.equal((await run(["diff", "-f", "-"], manifest(502, "ours"))).code, 0);
  });
});
