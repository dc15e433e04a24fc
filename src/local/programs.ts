import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Programs of this package that others start. */
export type ProgramName = "meshctl" | "meshctl-controller" | "meshctl-proxy";

/**
 * Flags of V8 the launcher gives to each program, and benchmarks print. The proxy has none: 30,000 requests
 * through two of them cost 26 and 34 collections of the young generation, each under 1 ms, with semi-spaces of 16,
 * 32 and 64 MiB alike, and latency did not differ.
 */
const V8_FLAGS: Readonly<Record<ProgramName, readonly string[]>> = Object.freeze({
  meshctl: [],
  "meshctl-controller": [],
  "meshctl-proxy": [],
});

/** Flags for node, before the program's file. */
export function v8Flags(name: ProgramName): readonly string[] {
  return V8_FLAGS[name];
}

/** Path under bin/ of this package, found from here: a source file, or a chunk of the bundle in dist/. */
export function programFile(name: ProgramName): string {
  return join(packageRoot(), "bin", `${name}.js`);
}

/** Directory of this package. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "bin", "meshctl.js"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`bin/meshctl.js is nowhere above ${fileURLToPath(import.meta.url)}`);
    directory = parent;
  }
  return directory;
}
