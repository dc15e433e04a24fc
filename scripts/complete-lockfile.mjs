// Adds the platform packages that npm left out of package-lock.json. npm writes an optional package only
// when its registry has it at that moment; `npm ci` (11 and later) then refuses the lock on any machine.
// Their versions are exact in the package that wants them, so the entry can be written without asking:
// no integrity, hence looked up when such a platform installs. Run it after every `npm install NAME`.
import { readFileSync, writeFileSync } from "node:fs";

export const LOCKS = [new URL("../package-lock.json", import.meta.url), new URL("protogen/package-lock.json", import.meta.url)];
const OS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPU = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/** `@oxlint/binding-linux-x64-musl` → what an npm lock says of such a package. */
function platformOf(name) {
  const words = name.slice(name.lastIndexOf("/") + 1).split("-");
  const os = words.find((word) => OS.includes(word));
  // Some spell out which 32-bit ARM; npm knows one.
  const cpu = words.map((word) => (/^armv[67]$/.test(word) ? "arm" : word)).find((word) => CPU.includes(word));
  if (!os || !cpu) throw new Error(`cannot tell the platform of ${name}`);
  const libc =
    os !== "linux" ? undefined : words.some((word) => word.startsWith("musl")) ? "musl" : words.includes("gnu") ? "glibc" : undefined;
  return { os, cpu, libc };
}

/** Missing optional packages, as lock entries by path. */
export function missingEntries(packages) {
  const found = {};
  for (const [path, entry] of Object.entries(packages)) {
    if (path === "") continue;
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const at = `node_modules/${name}`;
      if (packages[at] || packages[`${path}/${at}`]) continue;
      if (!/^\d+\.\d+\.\d+/.test(version)) continue;
      const { os, cpu, libc } = platformOf(name);
      found[at] = { version, cpu: [cpu], ...(entry.dev ? { dev: true } : {}), ...(libc ? { libc: [libc] } : {}), optional: true, os: [os] };
    }
  }
  return found;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const file of LOCKS) {
    const lock = JSON.parse(readFileSync(file, "utf8"));
    const missing = missingEntries(lock.packages);
    const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
    console.log(`${Object.keys(missing).length} platform packages added to ${file.pathname}`);
  }
}
