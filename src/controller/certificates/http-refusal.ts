import type { Refusal, RefusalCode } from "../../ca/contract.ts";
import { HttpError } from "../http.ts";

/** Status and Kubernetes reason by refusal. */
const ANSWER: Readonly<Record<RefusalCode, readonly [status: number, reason: string]>> = {
  "not-authenticated": [401, "Unauthorized"],
  "token-malformed": [401, "Unauthorized"],
  "token-signature": [401, "Unauthorized"],
  "token-expired": [401, "Unauthorized"],
  "token-audience": [401, "Unauthorized"],
  "token-instance": [403, "Forbidden"],
  "identity-not-allowed": [403, "Forbidden"],
  "not-renewable": [403, "Forbidden"],
  "csr-too-large": [413, "RequestEntityTooLarge"],
  "csr-malformed": [400, "BadRequest"],
  "csr-weak-key": [400, "BadRequest"],
  "csr-signature": [400, "BadRequest"],
  "csr-identity": [403, "Forbidden"],
  "csr-names": [403, "Forbidden"],
  "csr-ca": [403, "Forbidden"],
  "csr-extension": [403, "Forbidden"],
  lifetime: [422, "Invalid"],
  lint: [500, "InternalError"],
  busy: [503, "ServiceUnavailable"],
  "log-full": [503, "ServiceUnavailable"],
  "ticket-unknown": [409, "Conflict"],
};

export function httpRefusal({ code, message }: Refusal): HttpError {
  const [status, reason] = ANSWER[code];
  return new HttpError(status, reason, `no certificate: ${message}`, { code });
}
