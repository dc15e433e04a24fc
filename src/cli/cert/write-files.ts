import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";

/** What goes into a directory of credentials. PEM. */
export interface Credentials {
  readonly key: string;
  readonly chain: string;
  readonly roots: string;
}

const NAMES = Object.freeze({ key: "key.pem", chain: "cert.pem", roots: "ca.pem" });

/** Makes the directory (0700) and refuses, before a certificate is asked for, to write over what is there. */
export function prepareDirectory(directory: string, force: boolean): void {
  const taken = Object.values(NAMES).filter((name) => existsSync(join(directory, name)));
  if (taken.length > 0 && !force) {
    throw new UserError(`${directory} already holds ${taken.join(", ")}`, {
      hint: "Name another directory, or say --force to replace them.",
      exitCode: EXIT.REFUSED,
    });
  }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UserError(`${directory} cannot be made: ${messageOf(error)}`, { cause: error });
  }
}

/** Each file whole or not at all, the key readable by its owner only. Returns their paths. */
export async function writeCredentials(directory: string, { key, chain, roots }: Credentials): Promise<readonly string[]> {
  const files: readonly [name: string, content: string, mode: number][] = [
    [NAMES.key, key, 0o600],
    [NAMES.chain, chain, 0o644],
    [NAMES.roots, roots, 0o644],
  ];
  try {
    for (const [name, content, mode] of files) await writeFileAtomic(join(directory, name), content, mode);
  } catch (error) {
    throw new UserError(`${directory} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  return files.map(([name]) => join(directory, name));
}
