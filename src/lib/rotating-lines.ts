import { mkdirSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";

export interface RotatingLinesOptions {
  /** Made with mode 0700 when it is not there. */
  readonly directory: string;
  /** `NAME.jsonl`, and `NAME.1.jsonl` … for the older ones. */
  readonly name: string;
  readonly maxFileBytes: number;
  /** Together with the one that is written. */
  readonly files: number;
  /** Lines that wait for the disk; more are dropped, and `failed` hears of it. */
  readonly maxWaiting: number;
  /** Lines that could not be written, and why. */
  failed(error: unknown): void;
}

/** Lines in files of a bounded size and number, mode 0600. */
export interface RotatingLines {
  /** Resolves when the line is given to the system, or lost. Never rejects. */
  append(line: string): Promise<void>;
  /** What waits is written first. */
  close(): Promise<void>;
}

export function createRotatingLines(options: RotatingLinesOptions): RotatingLines {
  const { directory, name, maxFileBytes, files, maxWaiting, failed } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${name}.jsonl`);
  let handle: FileHandle | null = null;
  let size = 0;
  let waiting: string[] = [];
  /** The write under way, which takes everything that waits when it begins. */
  let writing: Promise<void> | null = null;

  async function rotate(): Promise<void> {
    await handle?.close();
    handle = null;
    for (let number = files - 1; number >= 1; number -= 1) {
      const from = number === 1 ? path : join(directory, `${name}.${number - 1}.jsonl`);
      await rename(from, join(directory, `${name}.${number}.jsonl`)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      });
    }
  }

  /** As much of the lines as one file takes; at least one. */
  function nextBatch(lines: string[]): string {
    let batch = "";
    while (lines.length > 0) {
      const line = `${lines[0]}\n`;
      if (batch !== "" && size + Buffer.byteLength(batch) + Buffer.byteLength(line) > maxFileBytes) break;
      batch += line;
      lines.shift();
    }
    return batch;
  }

  async function flush(): Promise<void> {
    // What is appended in the same turn goes along.
    await Promise.resolve();
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        while (lines.length > 0) {
          if (handle !== null && size + Buffer.byteLength(lines[0] as string) + 1 > maxFileBytes) await rotate();
          if (handle === null) {
            handle = await open(path, "a", 0o600);
            size = (await handle.stat()).size;
          }
          const batch = nextBatch(lines);
          await handle.appendFile(batch);
          size += Buffer.byteLength(batch);
        }
      } catch (error) {
        failed(error);
      }
    }
    writing = null;
  }

  return {
    append(line) {
      if (waiting.length >= maxWaiting) {
        failed(new Error(`over ${maxWaiting} lines wait for the disk; this one is lost`));
        return Promise.resolve();
      }
      waiting.push(line);
      return (writing ??= flush());
    },
    async close() {
      await writing;
      await handle?.close();
      handle = null;
    },
  };
}
