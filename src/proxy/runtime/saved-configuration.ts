import type { ReceivedResource } from "../../discovery/client/contract.ts";
import { TYPE_URL } from "../../messages/names.ts";
import { MAX_SAVED_BYTES } from "./saved-state.ts";

interface SavedResource {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly base64: string;
}

/** Of every type what was used last fits first; without these the proxy cannot serve at all, so they go before. */
const FIRST: ReadonlySet<string> = new Set([TYPE_URL.TRUST, TYPE_URL.INBOUND, TYPE_URL.PROXY_CONFIG]);
/** Room for the identity beside it. */
const MAX_BYTES = MAX_SAVED_BYTES - 256 * 1024;

/** Bounded: what does not fit is left out and asked for again after a restart. */
export function formatConfiguration(entries: Iterable<readonly [string, ReceivedResource]>): string {
  const all = [...entries];
  const ordered = [...all.filter(([type]) => FIRST.has(type)), ...all.filter(([type]) => !FIRST.has(type))];
  const lines: string[] = [];
  let bytes = 2;
  for (const [type, resource] of ordered) {
    const { name, version, aliases } = resource;
    const line = JSON.stringify({ type, name, version, aliases, base64: Buffer.from(resource.bytes).toString("base64") });
    bytes += line.length + 1;
    if (bytes > MAX_BYTES) break;
    lines.push(line);
  }
  return `[${lines.join(",")}]`;
}

/** Nothing when the text is of no use. */
export function parseConfiguration(text: string | null): readonly (readonly [string, ReceivedResource])[] {
  if (text === null) return [];
  try {
    return (JSON.parse(text) as readonly SavedResource[]).map(({ type, name, version, aliases, base64 }) => [
      type,
      { name, version, aliases, bytes: Buffer.from(base64, "base64") },
    ]);
  } catch {
    return [];
  }
}
