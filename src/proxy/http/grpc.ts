/** What the proxy has to know of gRPC: how it says how a call ended (gRPC over HTTP/2, "Responses"). */
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Fields } from "./message.ts";

const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** `application/grpc`, with or without `+proto`, `;…`. */
export function isGrpc(contentType: string | undefined): boolean {
  if (contentType === undefined || !contentType.startsWith("application/grpc")) return false;
  const next = contentType.charCodeAt(16);
  return Number.isNaN(next) || next === 0x2b || next === 0x3b || next === 0x20;
}

/** `grpc-status` of trailers, or of a head without a body; -1: none that is a number. */
export function grpcStatusOf(fields: Fields): number {
  const text = fields.header("grpc-status");
  return text !== undefined && /^[0-9]{1,3}$/.test(text) ? Number(text) : -1;
}

/** The code of a reply the proxy makes itself. */
export function grpcStatusForReply(reason: ReasonCode, status: number): number {
  return reason === "deadline-exceeded" ? DEADLINE_EXCEEDED : grpcStatusForHttp(status);
}

/** From the HTTP status it would have had (grpc: "HTTP to gRPC Status Code Mapping"). */
function grpcStatusForHttp(status: number): number {
  switch (status) {
    case 400:
    case 431:
      return INTERNAL;
    case 401:
      return UNAUTHENTICATED;
    case 403:
      return PERMISSION_DENIED;
    case 404:
      return UNIMPLEMENTED;
    case 413:
      return RESOURCE_EXHAUSTED;
    case 408:
      return DEADLINE_EXCEEDED;
    case 429:
    case 502:
    case 503:
    case 504:
      return UNAVAILABLE;
    default:
      return UNKNOWN;
  }
}

/** `grpc-message`: percent-encoded but for visible ASCII without `%`. */
export function grpcMessage(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]/g, (char) => encodeURIComponent(char));
}
