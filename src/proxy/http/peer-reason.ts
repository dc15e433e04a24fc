import { HEADER } from "../../messages/names.ts";
import { REASONS, type ReasonCode } from "../../messages/reasons.ts";
import type { AnswerHead } from "./message.ts";

/**
 * Why a peer's proxy answered in its application's place; empty when the application answered, or for a reason
 * of a newer peer. Only for answers over mutual TLS: there the other proxy has removed what its application wrote.
 * `grpc`: such a reply has status 200, and says the rest in `grpc-status`.
 */
export function peerReason(answer: AnswerHead, grpc: boolean): ReasonCode | "" {
  if (answer.status < 500 && !(grpc && answer.last)) return "";
  const reason = answer.internal(HEADER.REASON);
  return Object.hasOwn(REASONS, reason) ? (reason as ReasonCode) : "";
}
