import type { Writer } from "../invocation.ts";

/**
 * Colours go to terminals only. `--no-color`, NO_COLOR (https://no-color.org: any text that is not empty)
 * and TERM=dumb turn them off; FORCE_COLOR turns them on where there is no terminal, 0 off.
 */
export function colourWanted(stream: Writer, env: Readonly<Record<string, string | undefined>>, flag: boolean | undefined): boolean {
  if (flag === false || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}
