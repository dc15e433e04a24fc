import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { copiedPaths } from "../../../scripts/image-context.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort();
}

test("the context holds the Dockerfile and just what it copies", () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-image-"));
  try {
    const said = execFileSync(process.execPath, [join(root, "scripts/image-context.mjs"), directory], { encoding: "utf8" });
    assert.match(said, /needs Docker/);
    const expected = copiedPaths(dockerfile).flatMap((path) =>
      statSync(join(root, path)).isDirectory() ? filesOf(join(root, path)).map((name) => join(path, name)) : [path],
    );
    assert.deepEqual(filesOf(directory), ["Dockerfile", ...expected].sort());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("what pods start is copied, and starts there", () => {
  const paths = copiedPaths(dockerfile);
  for (const program of ["bin/meshctl-controller.js", "bin/meshctl-proxy.js", "bin/meshctl-init.js"]) {
    assert.ok(paths.includes(program) && existsSync(join(root, program)), program);
  }
  assert.match(dockerfile, /^COPY bin\/.* \/app\/bin\/$/m);
  assert.match(dockerfile, /^COPY .*\/usr\/local\/bin\/node \/usr\/local\/bin\/node$/m);
});

test("COPY lines are read: stages aside, continued lines, several sources", () => {
  const text = "FROM a AS b\nCOPY x y /z/\nCOPY --from=b /q /r\nCOPY --chown=1:1 \\\n  dist /dist\nRUN COPY nothing\n";
  assert.deepEqual(copiedPaths(text), ["dist", "x", "y"]);
});

test("the last stage is no root's, has no shell's base and runs Node 24", () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  assert.match(last, /FROM gcr\.io\/distroless\/\S+:nonroot/);
  assert.match(last, /\nUSER 65532:65532\n/);
  assert.doesNotMatch(last, /\nRUN /);
  assert.match(dockerfile, /^FROM node:24-/m);
});
