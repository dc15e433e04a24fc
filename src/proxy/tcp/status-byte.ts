import type { ReasonCode } from "../../messages/reasons.ts";

/** First byte of a server on `meshctl/tcp` (ADR 1, "What up means"). */
export const STATUS = Object.freeze({
  UP: 0,
  APP_UNREACHABLE: 1,
  REFUSED: 2,
  OVERLOADED: 3,
  DRAINING: 4,
  NO_CONFIG: 5,
});

const REASON_OF: readonly (ReasonCode | null)[] = [null, "app-unreachable", "policy-error", "overloaded", "draining", "no-config"];

/** The byte a server sends before it closes because of `reason`. */
export function statusOf(reason: ReasonCode): number {
  const status = REASON_OF.indexOf(reason);
  return status === -1 ? STATUS.REFUSED : status;
}

/** Null: the connection is up. An unknown refusal is one of a newer peer. */
export function reasonOfStatus(status: number): ReasonCode | null {
  return status === STATUS.UP ? null : (REASON_OF[status] ?? "policy-error");
}

/** Nothing was passed on to the application and another endpoint may answer differently. */
export function isWorthAnotherEndpoint(reason: ReasonCode): boolean {
  return reason !== "policy-error";
}
