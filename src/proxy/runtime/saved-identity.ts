import type { Credentials } from "../tls/credentials.ts";
import { readCredentials } from "./issue.ts";

interface SavedIdentity {
  readonly key: string;
  readonly chain: string;
  readonly trustBundle: string;
}

export function formatIdentity(credentials: Credentials, trustBundlePem: string): string {
  const saved: SavedIdentity = { key: credentials.keyPem, chain: credentials.chainPem, trustBundle: trustBundlePem };
  return JSON.stringify(saved);
}

/** Null when there is nothing saved, or nothing of use: ended, of another identity, unreadable. */
export function parseIdentity(
  text: string | null,
  expected: { readonly identity: string; readonly trustDomain: string; readonly nowMs: number },
): { readonly credentials: Credentials; readonly trustBundlePem: string } | null {
  if (text === null) return null;
  try {
    const { key, chain, trustBundle } = JSON.parse(text) as SavedIdentity;
    const credentials = readCredentials({ keyPem: key, chainPem: chain, trustBundlePem: trustBundle }, expected);
    return typeof credentials === "string" ? null : { credentials, trustBundlePem: trustBundle };
  } catch {
    return null;
  }
}
