/**
 * Which requests may be sent again without any policy: those that provably were not processed, and
 * idempotent ones that met a connection closing at the same moment (design section 8, "Safe tries").
 */
import { REASONS, type ReasonCode } from "../../messages/reasons.ts";

/** Endpoints tried after the first one, at most. */
const MAX_OTHER_ENDPOINTS = 2;

/** The request goes to an endpoint not tried yet. */
export const OTHER_ENDPOINT = 0;
/** The same endpoint or another, on a connection made for it. */
export const NEW_CONNECTION = 1;
/** The caller is told. */
export const GIVE_UP = 2;

export type NextTry = typeof OTHER_ENDPOINT | typeof NEW_CONNECTION | typeof GIVE_UP;

/** What is known when a connection was lost before any byte of an answer. */
export interface LostTry {
  /** Everything sent so far could be sent again. */
  readonly replayable: boolean;
  /** It is certain that nobody acted on it: a mesh connection that never was up (ADR 1), REFUSED_STREAM, GOAWAY. */
  readonly unprocessed: boolean;
  /** The connection had answered before. */
  readonly reused: boolean;
  /** Its other side ended this very request: it decided so, no connection just went. */
  readonly refused: boolean;
  readonly idempotent: boolean;
  /** Body bytes have left already. */
  readonly bodySent: boolean;
  /** This request was sent again once for this reason. */
  readonly repeated: boolean;
  readonly endpointsTried: number;
  /** There is an endpoint that was not asked yet. */
  readonly hasAnother: boolean;
}

export function nextTryAfterLoss(lost: LostTry): NextTry {
  if (!lost.replayable) return GIVE_UP;
  if (lost.unprocessed) {
    // The only endpoint says goodbye on one connection: it may well serve another.
    if (!lost.hasAnother && lost.reused && !lost.repeated) return NEW_CONNECTION;
    return lost.endpointsTried <= MAX_OTHER_ENDPOINTS ? OTHER_ENDPOINT : GIVE_UP;
  }
  if (lost.reused && !lost.refused && lost.idempotent && !lost.bodySent && !lost.repeated) return NEW_CONNECTION;
  return GIVE_UP;
}

/** No connection, so nothing was sent: another endpoint, while there are tries left. */
export function nextTryAfterConnectFailure(endpointsTried: number): NextTry {
  return endpointsTried <= MAX_OTHER_ENDPOINTS ? OTHER_ENDPOINT : GIVE_UP;
}

/**
 * What a peer's proxy says before it has passed anything on to its application; after a connection that closed
 * under an idempotent request at most (RFC 9110 9.2.2).
 */
const NOT_PROCESSED: ReadonlySet<ReasonCode | ""> = new Set<ReasonCode | "">(["app-unreachable", "draining", "overloaded"]);

/** A peer's proxy answered itself, over mutual TLS; `reason` is empty when its application did. */
export function nextTryAfterRefusal(reason: ReasonCode | "", replayable: boolean, endpointsTried: number): NextTry {
  if (!replayable || !NOT_PROCESSED.has(reason)) return GIVE_UP;
  return nextTryAfterConnectFailure(endpointsTried);
}

/** The answer says nothing good about its endpoint: fast as it may have come, it must not attract more requests. */
export function isFailedTry(reason: ReasonCode | ""): boolean {
  return reason !== "" && (NOT_PROCESSED.has(reason) || REASONS[reason].side === "upstream");
}
