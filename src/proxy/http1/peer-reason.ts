import { HEADER } from "../../messages/names.ts";
import { REASONS, type ReasonCode } from "../../messages/reasons.ts";
import type { Head } from "./codec/head.ts";
import { KIND_INTERNAL } from "./codec/names.ts";

/**
 * Why a peer's proxy answered in its application's place; empty when the application answered, or for a reason
 * of a newer peer. Only for answers over mutual TLS: there the other proxy has removed what its application wrote.
 */
export function peerReason(head: Head): ReasonCode | "" {
  if (head.status < 500) return "";
  for (let line = 0; line < head.count; line += 1) {
    if (head.kinds[line] !== KIND_INTERNAL || !head.isNamed(line, HEADER.REASON)) continue;
    const reason = head.value(line);
    return Object.hasOwn(REASONS, reason) ? (reason as ReasonCode) : "";
  }
  return "";
}
