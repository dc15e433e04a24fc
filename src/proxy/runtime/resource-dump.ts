import type { ReceivedResource } from "../../discovery/client/contract.ts";
import { Endpoints, Inbound, Outbound, ProxyConfig, Trust } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../messages/names.ts";

const DECODERS: ReadonlyMap<string, (bytes: Uint8Array) => unknown> = new Map<string, (bytes: Uint8Array) => unknown>([
  [TYPE_URL.INBOUND, (bytes) => Inbound.decode(bytes)],
  [TYPE_URL.OUTBOUND, (bytes) => Outbound.decode(bytes)],
  [TYPE_URL.ENDPOINTS, (bytes) => Endpoints.decode(bytes)],
  [TYPE_URL.TRUST, (bytes) => Trust.decode(bytes)],
  [TYPE_URL.PROXY_CONFIG, (bytes) => ProxyConfig.decode(bytes)],
]);

/** Applied resources for people: JSON, bytes as base64. None of the five types holds a secret. */
export function dumpResources(entries: Iterable<readonly [string, ReceivedResource]>): string {
  const all = [...entries].map(([typeUrl, { name, version, bytes }]) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf(".") + 1),
    name,
    version,
    resource: DECODERS.get(typeUrl)?.(bytes),
  }));
  return JSON.stringify(all, bytesAsBase64, 2);
}

/** Buffer.toJSON has run before a replacer sees the value. */
function bytesAsBase64(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("type" in value) || !("data" in value)) return value;
  return value.type === "Buffer" && Array.isArray(value.data) ? Buffer.from(value.data as number[]).toString("base64") : value;
}
