import { chmodSync, existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { open } from "lmdb";
import { EXIT, messageOf, UserError } from "../../../lib/errors.ts";
import type { KubeObject } from "../../../model/object.ts";
import type { Stored } from "./contract.ts";
import { databaseFileProblem } from "./file-check.ts";
import type { Change } from "./staged.ts";

const FORMAT = "1";
const FORMAT_KEY = "meta/format";
const REVISION_KEY = "meta/revision";
/** Of the last event of a bucket: tells after a restart which watchers have missed nothing. */
const BUCKET_PREFIX = "meta/bucket/";
const OBJECT_PREFIX = "object/";
/** Sorts after every key that begins with the prefix. */
const END = "\u{10ffff}";

export interface Loaded {
  readonly revision: number;
  readonly bucketRevisions: ReadonlyMap<string, number>;
  readonly objects: readonly { readonly bucket: string; readonly key: string; readonly stored: Stored }[];
}

/** The file under the store (LMDB): copy-on-write pages, so a crash at any instant leaves the state of some whole commit. */
export interface Disk {
  load(): Loaded;
  /** All of it in one commit; resolves after fdatasync of the pages and a synchronous write of the page that makes them count. */
  commit(changes: readonly Change[], revision: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes the files in `directory` (0700, files 0600). Rejects with a UserError when they cannot be read. */
export async function openDisk(directory: string): Promise<Disk> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const problem = databaseFileProblem(join(directory, "data.mdb"));
    if (problem !== null) throw new Error(problem);
    // Without overlapping sync a commit is LMDB's own: pages, fdatasync, meta page, and only then the answer.
    const database = open<string, string>({ path: directory, encoding: "string", overlappingSync: false, noSubdir: false });
    for (const name of ["data.mdb", "lock.mdb"]) if (existsSync(join(directory, name))) chmodSync(join(directory, name), 0o600);
    const format = database.get(FORMAT_KEY);
    if (format !== undefined && format !== FORMAT) {
      await database.close();
      throw new Error(`it has format ${format}; this version reads ${FORMAT}`);
    }
    if (format === undefined) await database.put(FORMAT_KEY, FORMAT);
    return {
      load() {
        const bucketRevisions = new Map<string, number>();
        for (const { key, value } of database.getRange({ start: BUCKET_PREFIX, end: BUCKET_PREFIX + END })) {
          bucketRevisions.set(key.slice(BUCKET_PREFIX.length), Number(value));
        }
        const objects = [];
        for (const { key, value } of database.getRange({ start: OBJECT_PREFIX, end: OBJECT_PREFIX + END })) {
          const [, group = "", plural = "", ...rest] = key.split("/");
          const object = JSON.parse(value) as KubeObject;
          const stored = { object, revision: Number(object.metadata.resourceVersion), json: value };
          objects.push({ bucket: `${group}/${plural}`, key: rest.join("/"), stored });
        }
        return { revision: Number(database.get(REVISION_KEY) ?? 0), bucketRevisions, objects };
      },
      async commit(changes, revision) {
        await database.batch(() => {
          for (const { bucket, event } of changes) {
            const key = `${OBJECT_PREFIX}${bucket}/${event.key}`;
            if (event.type === "DELETED") void database.remove(key);
            else void database.put(key, event.current.json);
            void database.put(BUCKET_PREFIX + bucket, String(event.revision));
          }
          void database.put(REVISION_KEY, String(revision));
        });
      },
      close: () => database.close(),
    };
  } catch (error) {
    throw new UserError(`the resource store in ${directory} cannot be opened: ${messageOf(error)}`, {
      hint: "Restore the directory from a backup, or move it away to start with an empty mesh.",
      exitCode: EXIT.NOT_FINE,
      cause: error,
    });
  }
}
