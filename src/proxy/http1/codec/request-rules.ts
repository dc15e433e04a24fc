import { FAILURE, type Failure } from "./failure.ts";
import type { Head } from "./head.ts";
import { markNominated } from "./nominated.ts";

/** What can only be said once the whole head of a request is there (RFC 9112 3.2, 6.1, 6.3). */
export function checkRequest(head: Head): Failure | null {
  if (head.encoded && head.contentLength >= 0) return FAILURE.lengthAndEncoding;
  if (head.hostLine < 0 && head.minor === 1) return FAILURE.missingHost;
  if (head.nominates) markNominated(head);
  return null;
}
