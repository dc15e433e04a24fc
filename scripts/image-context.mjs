// Assembles the directory a container image is built from: the Dockerfile and exactly what its COPY lines take from here.
// Usage: node scripts/image-context.mjs [directory]. Needs no Docker; building the image does.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Paths that the COPY lines of a Dockerfile take from its context, each once. */
export function copiedPaths(dockerfile) {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  const words = lines.filter((line) => /^(COPY|ADD)\s/.test(line)).map((line) => line.trim().split(/\s+/).slice(1));
  const own = words.filter((line) => !line.some((word) => word.startsWith("--from=")));
  return [...new Set(own.flatMap((line) => line.filter((word) => !word.startsWith("--")).slice(0, -1)))].sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = resolve(process.argv[2] ?? join(root, "build", "image"));
  const paths = copiedPaths(readFileSync(join(root, "Dockerfile"), "utf8"));
  const missing = paths.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) {
    console.error(`not there: ${missing.join(", ")}; npm run build makes dist`);
    process.exit(1);
  }
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const path of ["Dockerfile", ...paths]) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path), { recursive: true });
  }
  console.log(`${target} holds the Dockerfile and ${paths.join(", ")}. Building the image needs Docker: docker build ${target}`);
}
