import type { SecretStore } from "../../../ca/contract.ts";

/** Secrets that end with the process. */
export function createMemorySecrets(): SecretStore {
  const kept = new Map<string, Buffer>();
  return {
    read: (name) => Promise.resolve(kept.get(name) ?? null),
    write: (name, content) => {
      kept.set(name, content);
      return Promise.resolve();
    },
  };
}
