import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { execa } from "execa";
import type { Prompt } from "../../../src/cli/prompt/contract.ts";
import type { HTTPRoute } from "../../../src/policies/route/http-route.ts";
import { type CliMesh, runCli, startCliMesh } from "../../support/cli.ts";
import { MESHCTL } from "../../support/mesh.ts";

/** Somebody who gives these answers, and what they were asked. */
function person(...answers: (boolean | number | null | "enter")[]): { prompt: Prompt; asked: string[] } {
  const asked: string[] = [];
  const prompt: Prompt = {
    confirm(message) {
      asked.push(message);
      return Promise.resolve(answers.shift() as boolean | null);
    },
    wholeNumber(message, { preset }) {
      asked.push(`${message} [${preset ?? ""}]`);
      const answer = answers.shift();
      return Promise.resolve(answer === "enter" ? (preset ?? null) : (answer as number | null));
    },
  };
  return { prompt, asked };
}

/** A state directory where something was installed once. */
function installed(t: TestContext): { home: string; local: string } {
  const base = mkdtempSync(join(tmpdir(), "meshctl-prompt-"));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const home = join(base, "home");
  mkdirSync(join(home, "local"), { recursive: true, mode: 0o700 });
  return { home, local: join(home, "local") };
}

describe("uninstall", () => {
  const uninstall = ["uninstall", "--local"];
  it("goes on after a yes", async (t) => {
    const { home, local } = installed(t);
    const { prompt, asked } = person(true);
    const { code, stdout } = await runCli(uninstall, { home, prompt });
    assert.deepEqual(asked, [`Remove ${local} with all resources, keys and credentials?`]);
    assert.match(stdout, /uninstalled/);
    assert.equal(code, 0);
    assert.ok(!existsSync(local));
  });
  for (const [answer, exitCode] of [
    [false, 1],
    [null, 130],
  ] as const) {
    it(`changes nothing after ${answer === null ? "Ctrl-C" : "a no"}`, async (t) => {
      const { home, local } = installed(t);
      const { code, stdout } = await runCli(uninstall, { home, prompt: person(answer).prompt });
      assert.equal(code, exitCode);
      assert.equal(stdout, "");
      assert.ok(existsSync(local));
    });
  }
  for (const [name, args, somebody] of [
    ["--yes", [...uninstall, "-y"], true],
    ["no terminal", uninstall, false],
    ["--dry-run", [...uninstall, "--dry-run"], true],
  ] as const) {
    it(`asks nothing with ${name}`, async (t) => {
      const { home, local } = installed(t);
      const { prompt, asked } = person();
      assert.equal((await runCli(args, { home, ...(somebody ? { prompt } : {}) })).code, 0);
      assert.deepEqual(asked, []);
      assert.equal(existsSync(local), name === "--dry-run");
    });
  }
  it("asks nothing where there is nothing", async () => {
    const { prompt, asked } = person();
    assert.match((await runCli(uninstall, { home: "/nonexistent", prompt })).stdout, /nothing is installed/);
    assert.deepEqual(asked, []);
  });
});

describe("route split without weights", () => {
  let mesh: CliMesh;
  before(async () => {
    mesh = await startCliMesh();
    const ports = [{ port: 80, appProtocol: "http" }];
    const items = ["api", "api-v1", "api-v2", "own"].map((name) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, ...(name.includes("-") ? { labels: { "meshctl.dev/service": "api", "meshctl.dev/version": name.slice(4) } } : {}) },
      spec: { ports },
    }));
    assert.equal((await mesh.cli(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) })).code, 0);
  });
  after(() => mesh.close());
  const split = (prompt: Prompt, ...more: string[]) => mesh.cli(["route", "split", "api", ...more], { prompt });
  const written = async (): Promise<(number | undefined)[]> => {
    const { stdout } = await mesh.cli(["get", "httproute", "api-split", "-o", "json"]);
    return ((JSON.parse(stdout) as HTTPRoute).spec?.rules?.[0]?.backendRefs ?? []).map(({ weight }) => weight);
  };

  it("is a usage error where nobody can be asked", async () => {
    const { code, stderr } = await mesh.cli(["route", "split", "api"]);
    assert.match(stderr, /no weights given[^]*--weight VERSION=NUMBER/);
    assert.equal(code, 2);
  });
  it("asks for each version, with what is now as the answer of Enter", async () => {
    const first = person(90, 10);
    assert.match((await split(first.prompt)).stdout, /created\nv1 90 % .*, v2 10 %/);
    assert.deepEqual(first.asked, ["Weight of api v1 []", "Weight of api v2 []"]);
    const second = person("enter", 30, 5);
    assert.equal((await split(second.prompt, "--backend", "v3=own:80")).code, 0);
    assert.deepEqual(second.asked, ["Weight of api v1 [90]", "Weight of api v2 [10]", "Weight of api v3 [0]"]);
    assert.deepEqual(await written(), [90, 30, 5]);
  });
  it("changes nothing after Ctrl-C or a sum of zero", async () => {
    assert.equal((await split(person(1, null).prompt)).code, 130);
    const zero = await split(person(0, 0).prompt);
    assert.match(zero.stderr, /add up to zero/);
    assert.equal(zero.code, 2);
    assert.deepEqual(await written(), [90, 30, 5]);
  });
  it("asks nothing when weights are given, or where there are no versions", async () => {
    const { prompt, asked } = person();
    assert.equal((await split(prompt, "--weight", "v1=1")).code, 0);
    assert.match((await mesh.cli(["route", "split", "own"], { prompt })).stderr, /no versions to split between/);
    assert.deepEqual(asked, []);
  });
});

/** util-linux's script gives a program a terminal of its own; that of other systems takes other options. */
const noPty = await execa("script", ["-qec", "true", "/dev/null"], { reject: false, stdin: "ignore" }).then(({ failed }) =>
  failed ? "script (util-linux) is not installed" : false,
);

describe("on a real terminal", { skip: noPty }, () => {
  for (const [name, keys, exitCode] of [
    ["Enter is no", "\r", 1],
    ["y is yes", "y\r", 0],
    ["Ctrl-C gives up", "\u0003", 130],
  ] as const) {
    it(name, async (t) => {
      const { home, local } = installed(t);
      // What is printed goes elsewhere: the question must still be seen.
      const line = `'${process.execPath}' '${MESHCTL}' uninstall --local --home '${home}' >/dev/null`;
      const child = execa("script", ["-qec", line, "/dev/null"], { reject: false, timeout: 20_000 });
      let seen = "";
      let sent = false;
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        seen += text;
        if (sent || !seen.includes("(y/N)")) return;
        sent = true;
        child.stdin.write(keys);
      });
      const { exitCode: code, stdout } = await child;
      assert.match(stdout, /Remove .* with all resources/);
      assert.equal(code, exitCode, stdout);
      assert.equal(existsSync(local), exitCode !== 0);
    });
  }
});
