import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { FLOORS, IMPORT_BANS, NOT_IN_PROXY, TOUCH_BANS } from "./support/architecture-rules.ts";
import { type Finding, importFindings } from "./support/import-rules.ts";
import { sourceFindings } from "./support/source-rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

function listed(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, where }) => `${rule}: ${where}`).sort();
}

test("every import goes down the floors and breaks no ban", async () => {
  assert.deepEqual(listed(await importFindings(root)), []);
});

test("only those touch clock, randomness, environment and exit who may; nothing is re-exported", () => {
  assert.deepEqual(listed(sourceFindings(root)), []);
});

test("the proxy's bundle holds no library of the controller or the command line", async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/main/proxy.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    splitting: true,
    outdir: "out",
    write: false,
    metafile: true,
    external: ["lmdb"],
    logLevel: "silent",
  });
  const files = Object.keys(metafile.inputs);
  const imported = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
  const found = NOT_IN_PROXY.filter((name) => files.some((file) => file.includes(`node_modules/${name}/`)) || imported.includes(name));
  assert.deepEqual(found, []);
});

/** One deliberate violation of each rule: the importing file and what it imports, or its text. */
const IMPORT_VIOLATIONS: readonly (readonly [rule: string, from: string, to: string])[] = [
  ["floors", "src/lib/a.ts", "src/messages/b.ts"],
  ["floors", "src/match/a.ts", "src/messages/b.ts"],
  ["floors", "src/compile/a.ts", "src/decide/b.ts"],
  ["floors", "src/explain/a.ts", "src/proxy/b.ts"],
  ["floors", "src/cli/a.ts", "src/main/b.ts"],
  ["policies-apart", "src/policies/fault/a.ts", "src/policies/retry/b.ts"],
  ["translate-without-filter", "src/policies/fault/translate.ts", "src/policies/fault/filter.ts"],
  ["filter-without-translate", "src/policies/fault/filter.ts", "src/policies/fault/translate.ts"],
  ["filter-knows-schema-by-type", "src/policies/fault/filter.ts", "src/policies/fault/schema.ts"],
  ["cli-without-controller-and-proxy", "src/cli/a.ts", "src/controller/b.ts"],
  ["cli-without-controller-and-proxy", "src/cli/a.ts", "src/proxy/b.ts"],
  ["proxy-is-small", "src/proxy/a.ts", "src/model/b.ts"],
  ["proxy-is-small", "src/proxy/a.ts", "src/policies/catalog.ts"],
  ["controller-decides-through-explain", "src/controller/a.ts", "src/policies/chain.ts"],
  ["controller-decides-through-explain", "src/controller/a.ts", "src/decide/b.ts"],
  ["inbound-without-outbound", "src/proxy/inbound/a.ts", "src/proxy/outbound/b.ts"],
  ["outbound-without-inbound", "src/proxy/outbound/a.ts", "src/proxy/inbound/b.ts"],
  ["decide-sees-messages", "src/decide/a.ts", "src/model/b.ts"],
  ["known-folders", "src/utils/a.ts", "src/lib/b.ts"],
];

for (const [rule, from, to] of IMPORT_VIOLATIONS) {
  test(`${rule} bites when ${from} imports ${to}`, async () => {
    const up = "../".repeat(from.split("/").length - 1);
    await withTree({ [from]: `import { b } from "${up}${to}";\nconsole.log(b);\n`, [to]: "export const b = 1;\n" }, async (tree) => {
      assert.deepEqual([...new Set((await importFindings(tree)).map((finding) => finding.rule))], [rule]);
    });
  });
}

test("cycles and dead imports bite", async () => {
  const cycle = {
    "src/lib/a.ts": 'import { b } from "./b.ts";\nexport const a = () => b;\n',
    "src/lib/b.ts": 'import { d } from "./d.ts";\nexport const b = d;\n',
    "src/lib/d.ts": 'import { a } from "./a.ts";\nexport const d = a;\n',
    "src/lib/c.ts": 'import { gone } from "./gone.ts";\nconsole.log(gone);\n',
  };
  await withTree(cycle, async (tree) => {
    assert.deepEqual([...new Set((await importFindings(tree)).map(({ rule }) => rule))].sort(), ["cycles", "unresolved"]);
  });
});

test("what the rules allow passes", async () => {
  const files = {
    "src/lib/a.ts": "export const now = () => Date.now() + Math.random();\nsetTimeout(now, 1);\n",
    "src/policies/contract.ts": 'import { now } from "../lib/a.ts";\nexport const contract = now;\n',
    "src/policies/fault/schema.ts": 'import type { f } from "./filter.ts";\nexport interface S {}\nexport type F = typeof f;\n',
    "src/policies/fault/filter.ts":
      'import type { S } from "./schema.ts";\nimport { contract } from "../contract.ts";\nexport const f: S = { contract };\n',
    "src/policies/chain.ts": 'import { f } from "./fault/filter.ts";\nexport const c = [f];\n',
    "src/decide/a.ts": 'import { c } from "../policies/chain.ts";\nexport const d = [c, new Date(0)];\n',
    "src/proxy/a.ts": 'import { d } from "../decide/a.ts";\nexport const p = { d, setTimeout() {} };\np.setTimeout();\n',
    "src/main/a.ts": 'import { p } from "../proxy/a.ts";\nconsole.log(p, process.env.HOME);\nprocess.exit(0);\n',
  };
  await withTree(files, async (tree) => {
    assert.deepEqual(listed([...(await importFindings(tree)), ...sourceFindings(tree)]), []);
  });
});

const TOUCH_VIOLATIONS: readonly (readonly [rule: string, text: string])[] = [
  ["exit", "process.exit(1);"],
  ["exit", "process.exitCode = 1;"],
  ["exit", 'import { exit } from "node:process";\nexit(1);'],
  ["environment", "console.log(process.env.HOME);"],
  ["environment", "const { env } = process;\nconsole.log(env);"],
  ["environment", 'import { env as e } from "process";\nconsole.log(e);'],
  ["clock", "export const now = Date.now;"],
  ["clock", "export const now = () => performance.now();"],
  ["clock", "export const now = new Date();"],
  ["clock", 'import { performance as p } from "node:perf_hooks";\nconsole.log(p);'],
  ["timers", "setTimeout(() => {}, 1);"],
  ["timers", "globalThis.setInterval(() => {}, 1);"],
  ["whole-zod", 'import { z } from "zod";\nz.string();'],
  ["timers", 'import { setTimeout as sleep } from "node:timers/promises";\nawait sleep(1);'],
  ["randomness", "export const r = Math.random();"],
  ["randomness", 'import { randomBytes } from "node:crypto";\nrandomBytes(1);'],
  ["re-exports", 'export * from "./b.ts";'],
  ["re-exports", 'export { b } from "./b.ts";'],
];

for (const [rule, text] of TOUCH_VIOLATIONS) {
  test(`${rule} bites: ${text.split("\n")[0]}`, async () => {
    await withTree({ "src/decide/a.ts": text, "src/decide/b.ts": "export const b = 1;\n" }, (tree) => {
      assert.deepEqual([...new Set(sourceFindings(tree).map((finding) => finding.rule))], [rule]);
    });
  });
}

test("every rule has a violation that proves it", () => {
  const proven = new Set([...IMPORT_VIOLATIONS, ...TOUCH_VIOLATIONS].map(([rule]) => rule));
  for (const { name } of [...IMPORT_BANS, ...TOUCH_BANS]) assert.ok(proven.has(name), name);
  const folders = FLOORS.flat();
  assert.equal(new Set(folders).size, folders.length);
});

async function withTree(files: Readonly<Record<string, string>>, use: (tree: string) => Promise<void> | void): Promise<void> {
  const tree = mkdtempSync(join(tmpdir(), "meshctl-architecture-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(tree, dirname(path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    await use(tree);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}
