import { FAILURE, type Failure } from "./failure.ts";
import type { Head } from "./head.ts";
import { markNominated } from "./nominated.ts";

/** What can only be said once the whole head of a response is there (RFC 9112 6.1, 6.3). */
export function checkResponse(head: Head): Failure | null {
  if (head.encoded && head.contentLength >= 0) return FAILURE.lengthAndEncoding;
  if (head.encoded && head.minor === 0) return FAILURE.encodingInOldVersion;
  if (head.nominates) markNominated(head);
  return null;
}
