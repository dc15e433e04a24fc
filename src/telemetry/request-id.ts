/**
 * Request ids: unique, cheap, and safe to log. A caller's id is kept when it is one line of ordinary
 * characters, so that one id follows a request through services.
 */
import { randomUuid } from "../lib/uuid.ts";

const MAX_CHARS = 128;
const ORDINARY = /^[A-Za-z0-9._~:/+=@-]+$/;

/** The caller's id when it may be kept, else a new one. */
export function requestIdFor(sent: string | undefined): string {
  return sent !== undefined && sent.length <= MAX_CHARS && ORDINARY.test(sent) ? sent : randomUuid();
}
