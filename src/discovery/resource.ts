import { createHash } from "node:crypto";
import { Resource } from "../messages/gen/envoy/service/discovery/v3/ads.ts";

/** One resource ready for the wire: encoded once, shared by every stream that gets it. */
export interface EncodedResource {
  readonly typeUrl: string;
  /** Canonical name. */
  readonly name: string;
  /** Hash of type, name, aliases and payload: the same on every replica. */
  readonly version: string;
  readonly aliases: readonly string[];
  /** An encoded envoy.service.discovery.v3.Resource. */
  readonly bytes: Uint8Array;
}

/** Wraps an encoded payload. Aliases are sorted, so the same set always has the same version. */
export function encodeResource(typeUrl: string, name: string, aliases: readonly string[], payload: Uint8Array): EncodedResource {
  const sorted = [...new Set(aliases)].filter((alias) => alias !== name).sort();
  const hash = createHash("sha256")
    .update(`${typeUrl}\n${name}\n${sorted.join("\n")}\n`)
    .update(payload);
  // 64 bits: versions only tell one state of one name from its predecessors.
  const version = hash.digest("hex").slice(0, 16);
  const bytes = Resource.encode({
    name,
    version,
    aliases: sorted,
    resource: { typeUrl, value: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength) },
  }).finish();
  return Object.freeze({ typeUrl, name, version, aliases: sorted, bytes });
}
