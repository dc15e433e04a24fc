import { spawnSync } from "node:child_process";

/** False where promtool (Debian package prometheus) is not installed. */
export const HAS_PROMTOOL = spawnSync("promtool", ["--version"]).status === 0;

/** What `promtool check metrics` has to say about a text; empty when it is clean. */
export function promtoolProblems(text: string): string {
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  return status === 0 ? `${stdout}${stderr}`.trim() : `exit code ${status}: ${stdout}${stderr}`;
}
