import { HttpError } from "../http.ts";

/** A Kubernetes Status of kind Failure: how every error of the HTTPS port looks. */
export function statusObject(error: HttpError): object {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    reason: error.reason,
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.status,
  };
}

/** What anything thrown by a handler becomes; the unexpected says nothing about our insides. */
export function asHttpError(error: unknown): HttpError {
  return error instanceof HttpError ? error : new HttpError(500, "InternalError", "the controller failed; see its log");
}
