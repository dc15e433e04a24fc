// Bundles the composition roots of src/main into dist/. Native modules stay outside.
import { rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

const common = {
  bundle: true,
  platform: "node",
  target: "node20.18",
  format: "esm",
  splitting: true,
  outdir: "dist",
  external: ["lmdb", "koffi"],
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  keepNames: false,
  logLevel: "warning",
  define: { MESHCTL_BUILD_VERSION: JSON.stringify(version) },
  // CommonJS libraries inside an ES module bundle still call require().
  banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
};

await rm(new URL("../dist", import.meta.url), { recursive: true, force: true });
// What runs in pods is bundled apart so that nothing of the CLI or controller can end up in its chunks.
await Promise.all([
  build({ ...common, entryPoints: ["src/main/cli.ts", "src/main/controller.ts"], chunkNames: "chunks/[name]-[hash]" }),
  build({ ...common, entryPoints: ["src/main/proxy.ts", "src/main/init.ts"], chunkNames: "chunks/proxy-[name]-[hash]" }),
]);
