import type { IncomingMessage, ServerResponse } from "node:http";
import { type Caller, type Endpoint, HttpError } from "../http.ts";

/** The embedded API server as this folder needs it. */
export interface ResourceApi {
  handle(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<boolean>;
}

/** Mounts the Kubernetes-shaped API under its usual paths. */
export function resourceApiEndpoints(api: ResourceApi): readonly Endpoint[] {
  return ["/api/*", "/apis/*", "/openapi/*", "/version"].map((path) => ({
    method: "*",
    path,
    // It knows more callers than this server: service accounts, by the tokens it gave them.
    access: "self",
    async handle({ request, response, caller }) {
      if (!(await api.handle(request, response, caller))) {
        throw new HttpError(404, "NotFound", "the server could not find the requested resource");
      }
    },
  }));
}
