import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { messageOf } from "../../lib/errors.ts";

/** Files of the saved state. */
export const SAVED = Object.freeze({ IDENTITY: "identity.json", CONFIGURATION: "configuration.json" });
export type SavedName = (typeof SAVED)[keyof typeof SAVED];

/** What all of it may take. */
export const MAX_SAVED_BYTES = 16 * 1024 * 1024;

/** Where an instance keeps what it needs to serve again after a restart while the controller is away. */
export interface SavedState {
  read(name: SavedName): string | null;
  /** Replaces the file; writes of one name keep their order. Problems are logged, never thrown. */
  write(name: SavedName, text: string): void;
}

/** Files 0600 in a directory 0700 that lives in memory. Throws when it is not ours or open to others. */
export function savedInDirectory(directory: string, log: (message: string) => void): SavedState {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid } = statSync(directory);
  if (process.getuid !== undefined && uid !== process.getuid()) throw new Error(`${directory} belongs to user ${uid}`);
  chmodSync(directory, 0o700);
  const writes = new Map<SavedName, Promise<void>>();
  return {
    read(name) {
      try {
        return readFileSync(join(directory, name), "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") log(`cannot read ${name}: ${messageOf(error)}`);
        return null;
      }
    },
    write(name, text) {
      const before = writes.get(name) ?? Promise.resolve();
      const after = before
        .then(() => writeFileAtomic(join(directory, name), text, 0o600))
        .catch((error: unknown) => log(`cannot save ${name}: ${messageOf(error)}`));
      writes.set(name, after);
    },
  };
}

/** Handed to the supervisor, which hands it back after a restart. */
export function savedWithSupervisor(saved: Readonly<Record<string, string>>, send: (name: string, base64: string) => void): SavedState {
  return {
    read: (name) => (saved[name] === undefined ? null : Buffer.from(saved[name], "base64").toString("utf8")),
    write: (name, text) => send(name, Buffer.from(text, "utf8").toString("base64")),
  };
}
