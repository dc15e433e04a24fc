// Lists the test files of the given tiers (Node 20's --test takes no glob), runs them, and ends with
// a table of what was skipped and why. Usage: node scripts/test.mjs unit component [name-part …]
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tiers = ["unit", "component", "conformance", "e2e", "root"];
const wanted = process.argv.slice(2).filter((word) => tiers.includes(word));
const parts = process.argv.slice(2).filter((word) => !tiers.includes(word));

function testFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(folder, name))
    .sort();
}

const existing = new Set(readdirSync(join(root, "test")));
const selected = wanted.length > 0 ? wanted : tiers.filter((tier) => tier !== "root");
const files = selected.filter((tier) => existing.has(tier)).flatMap((tier) => testFiles(join("test", tier)));
if (selected.includes("unit")) {
  files.push(
    ...readdirSync(join(root, "test"))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join("test", name)),
  );
}
const chosen = parts.length > 0 ? files.filter((file) => parts.some((part) => file.includes(part))) : files;
if (chosen.length === 0) {
  console.error(`no test file matches ${process.argv.slice(2).join(" ")}`);
  process.exit(2);
}

const child = spawn(
  process.execPath,
  [
    "--import",
    "tsx",
    "--test",
    "--test-concurrency=2",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=./scripts/skip-reporter.mjs",
    "--test-reporter-destination=stdout",
    ...chosen,
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, MESHCTL_TEST: "1" } },
);
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
