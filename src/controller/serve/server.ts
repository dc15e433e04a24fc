import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { asHttpError, failureStatus } from "../failure-status.ts";
import { HttpError, type Endpoint, type Exchange } from "../http.ts";
import type { Logger } from "../../telemetry/log.ts";
import { callerOf, type CallerOptions } from "./caller.ts";
import { bearerOf, createExchange } from "./exchange.ts";
import { Router } from "./router.ts";

/** PEM. */
export interface HttpsCredentials {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** Roots told to clients as acceptable; a presented certificate is judged by {@link CallerOptions.verifyWorkload}. */
  readonly roots: string | Buffer;
}

export interface HttpsServerOptions extends CallerOptions {
  readonly credentials: HttpsCredentials;
  readonly endpoints: readonly Endpoint[];
  readonly log: Logger;
  readonly clock: Clock;
}

export interface HttpsServer {
  listen(host: string, port: number): Promise<number>;
  setCredentials(credentials: HttpsCredentials): void;
  /** Stops accepting, lets requests end for `graceMs`, then cuts streams. */
  close(graceMs: number): Promise<void>;
}

/** Longest request target that is looked at. */
const MAX_TARGET = 8 * 1024;

/** The controller's HTTPS port: resource API, controller API, certificates. TLS 1.2 and up; a client certificate is asked for, never required. */
export function createHttpsServer(options: HttpsServerOptions): HttpsServer {
  const router = new Router(options.endpoints);
  const server = createServer(
    {
      ...context(options.credentials),
      requestCert: true,
      // A presented certificate is verified by us, against the mesh's rules: an unknown one is an anonymous caller.
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: 5_000,
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 65_000,
    },
    (request, response) => void serve(request, response),
  );
  server.maxConnections = 4096;
  server.on("tlsClientError", (error, socket) => {
    options.log.debug("TLS handshake failed", { peer: socket.remoteAddress, error: error.message });
    socket.destroy();
  });
  // Malformed HTTP is answered by node with 400 and closed.

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A reset connection is the client's affair.
    request.on("error", () => {});
    response.on("error", () => {});
    try {
      await dispatch(request, response);
    } catch (error) {
      if (!(error instanceof HttpError)) {
        options.log.error("handler failed", { method: request.method, target: request.url?.split("?", 1)[0], error: stackOf(error) });
      }
      refuse(request, response, asHttpError(error));
    }
  }

  async function dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? "/";
    if (target.length > MAX_TARGET) throw new HttpError(414, "RequestURITooLong", `the request target is over ${MAX_TARGET} characters`);
    if (!target.startsWith("/")) throw new HttpError(400, "BadRequest", "the request target must be a path");
    const [path = "/", search = ""] = splitOnce(target, "?");
    const found = router.match(request.method ?? "GET", path);
    if ("allowed" in found) {
      if (found.allowed.length === 0) throw new HttpError(404, "NotFound", "the server could not find the requested resource");
      response.setHeader("allow", found.allowed.join(", "));
      throw new HttpError(405, "MethodNotAllowed", `use ${found.allowed.join(" or ")}`);
    }
    const bearer = bearerOf(request);
    const caller = callerOf(options, request.socket as TLSSocket, bearer);
    const exchange: Exchange = createExchange(request, response, {
      params: found.params,
      query: new URLSearchParams(search),
      caller,
      bearer,
    });
    admit(found.endpoint, exchange);
    await found.endpoint.handle(exchange);
  }

  return {
    listen: (host, port) => listen(server, host, port),
    setCredentials: (credentials) => server.setSecureContext(context(credentials)),
    close: (graceMs) =>
      new Promise((resolve) => {
        const cut = options.clock.setTimer(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          cut.cancel();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function admit(endpoint: Endpoint, exchange: Exchange): void {
  if (endpoint.access !== "admin" || exchange.caller.kind === "admin") return;
  if (exchange.caller.kind === "workload")
    throw new HttpError(403, "Forbidden", `${exchange.caller.identity} may not use this; it is for administrators`);
  throw new HttpError(
    401,
    "Unauthorized",
    exchange.bearer === null ? "Unauthorized: a bearer token is required" : "Unauthorized: the token is not valid",
  );
}

function refuse(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(failureStatus(error));
  // What is left of the body is not read: the connection cannot be used again.
  if (!request.complete) response.setHeader("connection", "close");
  if (error.status === 401) response.setHeader("www-authenticate", "Bearer");
  response.writeHead(error.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function context(credentials: HttpsCredentials) {
  return { key: credentials.key, cert: credentials.cert, ca: credentials.roots, minVersion: "TLSv1.2" as const };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
