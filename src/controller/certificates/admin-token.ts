import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { UserError } from "../../lib/errors.ts";
import { secureBytes } from "../../lib/secure-random.ts";

/** 32 random bytes, base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * The CLI's bearer token at `path` (HomeLayout.adminTokenFile), made with mode 0600 when it is not there.
 * Throws {@link UserError} when others can read it or it is no token.
 */
export async function openAdminToken(path: string): Promise<string> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const token = secureBytes(32).toString("base64url");
    await writeFileAtomic(path, `${token}\n`, 0o600);
    return token;
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new UserError(`${path} is open to other users (mode 0${(mode & 0o777).toString(8)})`, {
      hint: `It is the mesh's administrator token. Remove it and start the controller again: rm ${path}`,
    });
  }
  const token = content.trim();
  if (!TOKEN.test(token)) {
    throw new UserError(`${path} does not hold a token`, { hint: `Remove it and start the controller again: rm ${path}` });
  }
  return token;
}
