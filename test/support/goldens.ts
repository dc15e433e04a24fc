import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** MESHCTL_UPDATE_GOLDENS=1 writes what was made in place of comparing; a commit of its own says why. */
const update = process.env.MESHCTL_UPDATE_GOLDENS === "1";

/** Every file of `directory` is one of `made`, with its text, and the other way round. */
export function compareGoldens(directory: string, made: ReadonlyMap<string, string>): void {
  const known = existsSync(directory) ? readdirSync(directory) : [];
  if (update) {
    mkdirSync(directory, { recursive: true });
    for (const name of known) if (!made.has(name)) rmSync(join(directory, name));
    for (const [name, text] of made) writeFileSync(join(directory, name), text);
    return;
  }
  assert.deepEqual([...known].sort(), [...made.keys()].sort(), `files of ${directory}`);
  for (const [name, text] of made) assert.equal(text, readFileSync(join(directory, name), "utf8"), name);
}
