import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** One case of llhttp's own tests. */
export interface LlhttpCase {
  /** `request/transfer-encoding.md: chunked / Parse chunks with lowercase size`. */
  readonly name: string;
  readonly kind: "request" | "response";
  readonly bytes: Buffer;
  /** Code of llhttp's error when it refuses it; empty when it reads it to the end, or pauses because of an upgrade. */
  readonly error: string;
  /** Messages it began, with what was in them. */
  readonly messages: readonly LlhttpMessage[];
}

export interface LlhttpMessage {
  readonly url: string;
  readonly body: string;
  readonly complete: boolean;
}

/** HPE_PAUSED, HPE_PAUSED_UPGRADE. */
const PAUSES = new Set(["21", "22"]);

/** Reads every Markdown file under `folder`: a `meta` comment, an `http` block, a `log` block. */
export function readLlhttpCases(folder: string): readonly LlhttpCase[] {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".md"));
  return files.sort().flatMap((file) => casesOf(file, readFileSync(join(folder, file), "utf8")));
}

function casesOf(file: string, text: string): LlhttpCase[] {
  const cases: LlhttpCase[] = [];
  const headings: string[] = [];
  // Between the two blocks a remark may stand.
  const pattern = /^(#+) (.*)$|<!-- meta=(.*) -->\s*```http\n((?:(?!\n```)[^])*)\n```(?:(?!```)[^])*```log\n((?:(?!\n```)[^])*)\n```/gm;
  for (const [, level, title, meta, http, log] of text.matchAll(pattern)) {
    if (level !== undefined) {
      headings.length = level.length - 1;
      headings[level.length - 1] = title as string;
      continue;
    }
    const { type } = JSON.parse(meta as string) as { type: string };
    if (type !== "request" && type !== "response") continue;
    const name = `${file}: ${headings
      .slice(1)
      .filter((each) => each !== undefined)
      .join(" / ")}`;
    const same = cases.filter((each) => each.name === name || each.name.startsWith(`${name} #`)).length;
    const error = /error code=(\d+)/.exec(log as string)?.[1] ?? "";
    cases.push({
      name: same === 0 ? name : `${name} #${same + 1}`,
      kind: type,
      bytes: Buffer.from(unescape(http as string), "utf8"),
      error: PAUSES.has(error) ? "" : error,
      messages: messagesOf(log as string),
    });
  }
  return cases;
}

/** As llhttp's fixture does: line ends become CRLF, then `\r`, `\n`, `\t`, `\f` and `\xHH` mean what they say. */
function unescape(text: string): string {
  const lines = text.replace(/\\(\r\n|\r|\n)/g, "").replace(/\r\n|\r|\n/g, "\r\n");
  return lines
    .replace(/\\r/g, "\r")
    .replace(/\\n/g, "\n")
    .replace(/\\t/g, "\t")
    .replace(/\\f/g, "\f")
    .replace(/\\x([0-9a-fA-F]+)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function messagesOf(log: string): LlhttpMessage[] {
  const messages: { url: string; body: string; complete: boolean }[] = [];
  for (const line of log.split("\n")) {
    const message = messages.at(-1);
    if (line.includes("message begin")) messages.push({ url: "", body: "", complete: false });
    else if (message === undefined) continue;
    else if (line.includes("message complete")) message.complete = true;
    else {
      const span = /span\[(body|url)\]=(?:"(.*)"|(cr|lf))$/.exec(line);
      const value = span?.[3] === undefined ? unquote(span?.[2] ?? "") : { cr: "\r", lf: "\n" }[span[3] as "cr" | "lf"];
      if (span?.[1] === "body") message.body += value;
      if (span?.[1] === "url") message.url += value;
    }
  }
  return messages;
}

function unquote(text: string): string {
  return text.replace(/\\([rnt])/g, (_, c: string) => ({ r: "\r", n: "\n", t: "\t" })[c] ?? c);
}
