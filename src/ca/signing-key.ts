import { createPrivateKey, type KeyObject } from "node:crypto";
import { formatPrivateKey, generatePrivateKey } from "../identity/keys.ts";
import { UserError } from "../lib/errors.ts";
import type { SecretStore } from "./contract.ts";

/**
 * The key that tokens of one kind are signed with (P-256): kept under `secret`, made at the first time. Throws a
 * {@link UserError} where something else stands there; `lost` says what a new key would end.
 */
export async function openSigningKey(secrets: SecretStore, secret: string, lost: string): Promise<KeyObject> {
  const stored = await secrets.read(secret);
  if (stored === null) {
    const key = await generatePrivateKey();
    await secrets.write(secret, Buffer.from(formatPrivateKey(key)));
    return key;
  }
  try {
    return createPrivateKey(stored);
  } catch {
    throw new UserError(`the secret ${secret} is there, but is not a key`, {
      hint: `Move it away: a new one is made, and ${lost} stop working.`,
    });
  }
}
