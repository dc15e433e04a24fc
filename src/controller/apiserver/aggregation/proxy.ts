import type { IncomingMessage, ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { messageOf } from "../../../lib/errors.ts";
import type { Subject } from "../access/subject.ts";
import { HttpError } from "../../http.ts";
import { passedHeaders, subjectHeaders, type Upstream } from "./upstream.ts";

const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"]);

/** Passes one request on and its answer back, as streams. Rejects with 503 when the server cannot be reached. */
export function proxyRequest(request: IncomingMessage, response: ServerResponse, upstream: Upstream, subject: Subject): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        ...upstream.options,
        method: request.method,
        path: request.url,
        headers: { ...passedHeaders(request), ...subjectHeaders(subject), host: String(upstream.options.servername) },
      },
      (incoming) => {
        for (const [name, values] of Object.entries(incoming.headersDistinct)) {
          if (!HOP_BY_HOP.has(name) && values !== undefined) response.setHeader(name, values);
        }
        response.writeHead(incoming.statusCode ?? 502);
        // A watch's head must not wait for its first event.
        response.flushHeaders();
        incoming.pipe(response);
        incoming.on("error", () => response.destroy());
        incoming.on("end", resolve);
        incoming.on("close", resolve);
      },
    );
    response.on("close", () => outgoing.destroy());
    outgoing.on("error", (error) => {
      if (response.headersSent) {
        response.destroy();
        return resolve();
      }
      reject(new HttpError(503, "ServiceUnavailable", `error trying to reach service: ${messageOf(error)}`));
    });
    request.pipe(outgoing);
  });
}
