/** Programs of Debian packages that tests use as independent clients. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const PACKAGES = { curl: "curl", nghttp: "nghttp2-client", h2load: "nghttp2-client", wrk: "wrk" } as const;

type Tool = keyof typeof PACKAGES;

/** For the `skip` of a test: false, or why. */
export function missing(tool: Tool): string | false {
  const found = (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, tool)));
  return found ? false : `${tool} is not installed (Debian package ${PACKAGES[tool]})`;
}

/** Its stdout; an exit code that is not 0 throws with all it said. A proxy in the environment is not heeded. */
export function run(tool: Tool, args: readonly string[], limitMs = 60_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, http_proxy: "", HTTP_PROXY: "", no_proxy: "*" };
    execFile(tool, args, { env, timeout: limitMs, maxBuffer: 64 * 1_024 * 1_024, encoding: "latin1" }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${tool} ${args.join(" ")}: ${error.message}\n${stdout}${stderr}`));
    });
  });
}
