import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { Interrupts } from "../../../src/cli/interrupts.ts";
import type { EndSignal, Invocation } from "../../../src/cli/invocation.ts";
import { reportProblem } from "../../../src/cli/problem.ts";
import { UserError } from "../../../src/lib/errors.ts";
import { runCli } from "../../support/cli.ts";

describe("exit codes and where things are said", () => {
  const table: [string[], number, RegExp, RegExp][] = [
    [[], 0, /^Usage: meshctl COMMAND/, /^$/],
    [["--help"], 0, /^Usage: meshctl COMMAND/, /^$/],
    [["help"], 0, /^Usage: meshctl COMMAND/, /^$/],
    [["help", "route", "split"], 0, /^Usage: meshctl route split/, /^$/],
    [["route", "split", "--help"], 0, /Examples:\n {2}# One request in ten to the new version\n {2}meshctl route split api/, /^$/],
    [["route", "--help"], 0, /^Usage: meshctl route COMMAND[^]* split /, /^$/],
    [["--version"], 0, /^0\.0\.0-dev\n$/, /^$/],
    [["route"], 2, /^$/, /^Usage: meshctl route COMMAND/],
    [["nonsense"], 2, /^$/, /^Error: unknown command 'nonsense'/],
    [["verson"], 2, /^$/, /Did you mean version\?/],
    [["get", "--nonsense"], 2, /^$/, /^Error: unknown option '--nonsense'\n {2}See `meshctl get --help`\.\n$/],
    [["--nonsense"], 2, /^$/, /^Error: unknown option/],
    [["get", "-n"], 2, /^$/, /argument missing/],
    [["version", "--client", "--no-color"], 0, /^client: /, /^$/],
  ];
  for (const [argv, code, stdout, stderr] of table) {
    it(`meshctl ${argv.join(" ")}`, async () => {
      const result = await runCli(argv, { home: "/nonexistent" });
      assert.match(result.stdout, stdout);
      assert.match(result.stderr, stderr);
      assert.equal(result.code, code);
    });
  }
});

test("help has every group of commands, and none of the hidden ones", async () => {
  const { stdout } = await runCli(["--help"]);
  for (const heading of ["Mesh on this machine:", "Resources:", "Traffic:", "Watch and diagnose:", "Identity:", "Other:"])
    assert.ok(stdout.includes(heading));
  assert.doesNotMatch(stdout, /credential|^ {2}complete /m);
});

describe("problems become text in one place", () => {
  const home = mkdtempSync(join(tmpdir(), "meshctl-report-"));
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  const report = (error: unknown, env: Record<string, string> = {}): { code: number; said: string } => {
    let said = "";
    const invocation = {
      argv: ["run", "web", "--token", "secret", "--", "cmd"],
      env: { MESHCTL_HOME: home, ...env },
      userHome: home,
      stderr: { write: (text: string) => (said += text) },
      clock: { nowMs: () => Date.parse("2026-01-02T03:04:05.678Z") },
      pid: 42,
      nodeVersion: "v24.0.0",
    } as unknown as Invocation;
    return { code: reportProblem(error, invocation), said };
  };

  it("a problem of the user's is its message and its hint, without a stack", () => {
    const problem = new UserError("it is so", { hint: "do this\nor that", exitCode: 4 });
    assert.deepEqual(report(problem), { code: 4, said: "Error: it is so\n  do this\n  or that\n" });
    assert.match(report(problem, { MESHCTL_DEBUG: "1" }).said, /\n {4}at /);
  });

  it("a fault of ours is short, with 70 and a report that holds no values of the command line", () => {
    const { code, said } = report(new TypeError("x is not a function\nmore", { cause: new Error("deep") }));
    const path = join(home, "reports/meshctl-report-2026-01-02T03-04-05-678Z-42.txt");
    assert.equal(code, 70);
    assert.equal(
      said,
      `Error: meshctl itself failed: x is not a function\n  This is a fault of ours (version 0.0.0-dev). The details are in ${path}; please add them to a bug report.\n`,
    );
    const text = readFileSync(path, "utf8");
    assert.match(text, /^meshctl 0\.0\.0-dev, Node v24\.0\.0\ncommand: meshctl run web\n\nTypeError: [^]*caused by: Error: deep/);
    assert.doesNotMatch(text.split("\n\n")[0] ?? "", /secret/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("a full or missing disk does not hide the fault", () => {
    assert.match(report("text", { MESHCTL_HOME: "/nonexistent" }).said, /meshctl itself failed: text\n/);
  });
});

describe("Ctrl-C", () => {
  function interrupts(): { own: Interrupts; send: (signal: EndSignal) => void; cut: () => Promise<number | null> } {
    let send: (signal: EndSignal) => void = () => {};
    const own = new Interrupts((handler) => {
      send = handler;
      return () => {};
    });
    return { own, send: (signal) => send(signal), cut: () => Promise.race([own.cutShort, Promise.resolve(null)]) };
  }
  it("cuts a command short with 130", async () => {
    const { own, send, cut } = interrupts();
    assert.equal(await cut(), null);
    send("SIGINT");
    assert.equal(await own.cutShort, 130);
  });
  it("is left to a command that takes over; the second time it cuts short", async () => {
    const { own, send, cut } = interrupts();
    const signal = own.takeOver();
    send("SIGTERM");
    assert.ok(signal.aborted);
    assert.equal(await cut(), null);
    send("SIGINT");
    assert.equal(await own.cutShort, 130);
  });
  it("is passed on by a command that runs another, however often", async () => {
    const { own, send, cut } = interrupts();
    const seen: EndSignal[] = [];
    const giveBack = own.forwardTo((signal) => seen.push(signal));
    for (const signal of ["SIGINT", "SIGINT", "SIGHUP"] as const) send(signal);
    assert.deepEqual(seen, ["SIGINT", "SIGINT", "SIGHUP"]);
    assert.equal(await cut(), null);
    giveBack();
    send("SIGTERM");
    assert.equal(await own.cutShort, 130);
  });
});
