import { HttpError } from "./http.ts";

/** `meta/v1 Status`: how a Kubernetes API says yes or no without an object. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: object;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: object;
  readonly code: number;
}

/** How every refusal of the HTTPS port looks, in whatever part of the controller it was thrown. */
export function failureStatus(error: HttpError): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: error.metadata ?? {},
    status: "Failure",
    message: error.message,
    reason: error.reason,
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.status,
  };
}

/** What anything thrown by a handler becomes; the unexpected says nothing about our insides. */
export function asHttpError(error: unknown): HttpError {
  return error instanceof HttpError ? error : new HttpError(500, "InternalError", "an internal error; the controller's log says more");
}
