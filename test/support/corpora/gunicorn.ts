import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface GunicornCase {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Valid requests of gunicorn's tests: real line ends are layout, `\r\n` and `\xHH` in the text are bytes. */
export function readGunicornCases(folder: string): readonly GunicornCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".http"))
    .sort()
    .map((name) => ({ name, bytes: Buffer.from(unescape(readFileSync(join(folder, name), "latin1")), "latin1") }));
}

function unescape(text: string): string {
  return text
    .replace(/\r?\n/g, "")
    .replace(/\\(r|n|t|0|\\|x[0-9a-fA-F]{2})/g, (_, code: string) =>
      code.startsWith("x")
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : ({ r: "\r", n: "\n", t: "\t", "0": "\0" }[code] ?? code),
    );
}
