/** SecretStore, RecordLog and AuditSink as files of one machine: directory 0700, files 0600 (design section 9). */
import { mkdirSync } from "node:fs";
import { type FileHandle, open, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { UserError } from "../../lib/errors.ts";
import { createRotatingLines } from "../../lib/rotating-lines.ts";
import type { AuditSink, RecordLog, SecretStore } from "../contract.ts";

const NAME = /^[a-z0-9][a-z0-9.-]{0,60}$/;

/** Makes `directory` when it is not there. Throws {@link UserError} for a secret other users can read. */
export function createFileSecretStore(directory: string): SecretStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    async read(name) {
      const path = fileIn(directory, name);
      try {
        const { mode } = await stat(path);
        if ((mode & 0o077) !== 0) {
          throw new UserError(`${path} is open to other users (mode 0${(mode & 0o777).toString(8)})`, {
            hint: `It holds a key. If nobody else has read it: chmod 600 ${path}`,
          });
        }
        return await readFile(path);
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    write: (name, content) => writeFileAtomic(fileIn(directory, name), content, 0o600),
  };
}

function fileIn(directory: string, name: string): string {
  if (!NAME.test(name)) throw new Error(`not a name of a secret: ${name}`);
  return join(directory, name);
}

/** JSON lines in one file. An append is acknowledged after fsync; appends of one moment share it. */
export function createFileRecordLog(path: string): RecordLog {
  let handle: FileHandle | null = null;
  let waiting: { line: string; done: () => void; failed: (error: unknown) => void }[] = [];
  let chain: Promise<unknown> = Promise.resolve();

  /** One operation at a time, in order of asking. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = chain.then(work);
    chain = result.catch(() => {});
    return result;
  }

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      handle ??= await open(path, "a", 0o600);
      await handle.appendFile(batch.map(({ line }) => `${line}\n`).join(""));
      await handle.datasync();
      for (const entry of batch) entry.done();
    } catch (error) {
      for (const entry of batch) entry.failed(error);
    }
  }

  return {
    load: () =>
      inTurn(async () => {
        const content = await readFile(path).catch((error: unknown) => {
          if (isMissing(error)) return Buffer.alloc(0);
          throw error;
        });
        // A crash in the middle of an append leaves a line without its end: it was never acknowledged.
        const end = content.lastIndexOf(0x0a) + 1;
        if (end < content.length) await truncate(path, end);
        // A new file's name is an entry of its directory and has to be on disk before the first append counts.
        if (content.length === 0) await writeFileAtomic(path, "", 0o600);
        return content.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
      }),
    append: (line) =>
      new Promise<void>((done, failed) => {
        waiting.push({ line, done, failed });
        if (waiting.length === 1) void inTurn(flush);
      }),
    replace: (lines) =>
      inTurn(async () => {
        await handle?.close();
        handle = null;
        await writeFileAtomic(path, lines.map((line) => `${line}\n`).join(""), 0o600);
      }),
    close: () =>
      inTurn(async () => {
        await flush();
        await handle?.close();
        handle = null;
      }),
  };
}

/** 8 MiB × 5 files: some 200,000 lines. */
const AUDIT_FILE_BYTES = 8 * 1024 * 1024;
const AUDIT_FILES = 5;
const AUDIT_WAITING = 10_000;

/**
 * `ca.jsonl` in `directory`, renamed to `ca.1.jsonl` … `ca.4.jsonl` as it fills, the oldest dropped.
 * `failed` hears about lines that could not be written.
 */
export function createFileAuditSink(directory: string, failed: (error: unknown) => void, maxFileBytes = AUDIT_FILE_BYTES): AuditSink {
  const lines = createRotatingLines({ directory, name: "ca", maxFileBytes, files: AUDIT_FILES, maxWaiting: AUDIT_WAITING, failed });
  return {
    write: (entry) => lines.append(JSON.stringify(entry)),
    close: () => lines.close(),
  };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
