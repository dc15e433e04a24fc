import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { findCommand } from "../../../src/cli/find.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { UserError } from "../../../src/lib/errors.ts";

async function parse(line: string) {
  const argv = line.split(" ");
  const entry = findCommand(COMMANDS, argv);
  assert.ok(entry);
  const command: Command<never> = (await entry.load()).command;
  let said = "";
  const writer = { write: (text: string) => (said += text) };
  const result = parseCommandLine(argv, { entry, command }, writer, writer);
  return { result, said };
}

describe("options become values", () => {
  it("before and after the command, with what is to be run left alone", async () => {
    const { result } = await parse(
      "-n shop run api --drain 5s --log-level debug --label a=b --label c=d --no-color -- node x.js --port 7 -n other",
    );
    assert.ok(result.kind === "run");
    assert.deepEqual(result.parsed.globals, { namespace: "shop", color: false });
    assert.equal(result.parsed.options.drain, 5_000);
    assert.equal(result.parsed.options.logLevel, "debug");
    assert.deepEqual(result.parsed.options.label, [
      { name: "a", value: "b" },
      { name: "c", value: "d" },
    ]);
    assert.deepEqual(result.parsed.args, ["api", ["node", "x.js", "--port", "7", "-n", "other"]]);
  });

  it("the last of a global option given twice wins", async () => {
    const { result } = await parse("-n a get -n b svc");
    assert.ok(result.kind === "run");
    assert.equal(result.parsed.globals.namespace, "b");
  });

  it("defaults stand where nothing was given", async () => {
    const { result } = await parse("tap api --header a:b");
    assert.ok(result.kind === "run");
    assert.deepEqual(result.parsed.options, { header: [{ name: "a", value: "b" }], rate: 100, output: "line" });
  });

  it("a bad value names its option", async () => {
    await assert.rejects(
      parse("run x --drain soon -- node"),
      (error: unknown) => error instanceof UserError && error.message.startsWith('--drain: "soon" is not a duration'),
    );
    const { result, said } = await parse("run x --log-level loud -- node");
    assert.deepEqual(result, { kind: "done", exitCode: 2 });
    assert.match(
      said,
      /^Error: option '--log-level <level>' argument 'loud' is invalid\. Allowed choices are debug, info, warn, error\.\n {2}See `meshctl run --help`/,
    );
  });
});
