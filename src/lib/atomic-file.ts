import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

let serial = 0;

/** Beside the target, because rename is atomic only within one file system. Unique in this process and among processes. */
function temporaryName(path: string): string {
  serial += 1;
  return join(dirname(path), `.${basename(path)}.${process.pid}.${serial}.tmp`);
}

/**
 * Replaces the file at `path`: after a crash at any instant a reader finds the old content or the new,
 * never a mixture, and once the promise is kept the new one survives a loss of power. `mode` holds from
 * the first byte on, whatever the umask.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.chmod(mode);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  // The new name is an entry of the directory: it has to reach the disk too.
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** {@link writeFileAtomic} for places that cannot wait: an exit path, a constructor. */
export function writeFileAtomicSync(path: string, data: string | Uint8Array, mode = 0o600): void {
  const temporary = temporaryName(path);
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      fchmodSync(file, mode);
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was never made, or was already renamed.
    }
    throw error;
  }
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
