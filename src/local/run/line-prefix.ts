import { StringDecoder } from "node:string_decoder";

/** A line longer than this is cut into several, so that output without line ends does not pile up in memory. */
const MAX_LINE_CHARS = 64 * 1024;

/** Puts `prefix` before each line of a stream that arrives in pieces, and never mixes two streams within a line. */
export class LinePrefix {
  readonly #prefix: string;
  readonly #write: (text: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(prefix: string, write: (text: string) => void) {
    this.#prefix = prefix;
    this.#write = write;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_LINE_CHARS) {
      lines.push(this.#rest);
      this.#rest = "";
    }
    if (lines.length > 0) this.#write(lines.map((line) => `${this.#prefix}${line}\n`).join(""));
  }

  /** The last line, when the stream ends without a line end. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#write(`${this.#prefix}${rest}\n`);
  }
}
