import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Manifest {
  readonly name: string;
  readonly text: string;
}

const FOLDER = new URL("../../fixtures/manifests/", import.meta.url);

/** Files of fixtures/manifests, or of a folder in it; byte-order marks kept. */
export function manifestFixtures(folder = ""): Manifest[] {
  return readManifests(join(FOLDER.pathname, folder));
}

/** Every YAML and JSON file of a folder. */
export function readManifests(folder: string): Manifest[] {
  const names = readdirSync(folder).filter((name) => /\.(ya?ml|json)$/.test(name));
  return names.sort().map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
}
