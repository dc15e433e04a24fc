import type { Head } from "./head.ts";
import { KIND_CONNECTION, KIND_NOMINATED, KIND_OTHER } from "./names.ts";

/**
 * Marks the lines Connection names as meant for one hop (RFC 9110 7.6.1). Only lines without a rule of
 * their own: framing, Host, trace context, request ids and our own headers cannot be nominated away.
 */
export function markNominated(head: Head): void {
  for (let line = 0; line < head.count; line += 1) {
    if (head.kinds[line] !== KIND_CONNECTION) continue;
    for (const option of head.value(line).split(",")) {
      const name = option.trim().toLowerCase();
      if (name === "") continue;
      for (let other = 0; other < head.count; other += 1) {
        if (head.kinds[other] === KIND_OTHER && head.isNamed(other, name)) head.kinds[other] = KIND_NOMINATED;
      }
    }
  }
}
