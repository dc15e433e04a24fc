import type { IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Subject } from "../access/subject.ts";
import { endpointOf } from "../service-endpoint.ts";
import type { Store } from "../store/contract.ts";
import type { FrontProxy } from "./front-proxy.ts";
import type { ApiServiceSpec } from "./kind.ts";

/** Headers that are the connection's, or that would say who asks: those are ours to say. */
const NOT_PASSED = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|authorization|impersonate-.*|x-remote-.*)$/i;

export interface Upstream {
  readonly options: RequestOptions;
}

/** How the server behind an APIService is reached, or why it is not. Its certificate must be NAME.NAMESPACE.svc's. */
export function upstreamOf(
  store: Store,
  spec: ApiServiceSpec,
  frontProxy: FrontProxy,
): Upstream | { readonly problem: string; readonly reason: string } {
  const { service, caBundle, insecureSkipTLSVerify = false } = spec;
  if (service === undefined || service === null) return { problem: "it has no service", reason: "Local" };
  const { namespace, name, port } = service;
  const endpoint = endpointOf(store, namespace, name, port);
  if ("problem" in endpoint) {
    return { problem: endpoint.problem, reason: endpoint.problem.endsWith("not found") ? "ServiceNotFound" : "MissingEndpoints" };
  }
  return {
    options: {
      host: endpoint.host,
      port: endpoint.port,
      servername: `${name}.${namespace}.svc`,
      cert: frontProxy.certPem,
      key: frontProxy.keyPem,
      rejectUnauthorized: !insecureSkipTLSVerify,
      agent: false,
      ...(caBundle ? { ca: Buffer.from(caBundle, "base64").toString("utf8") } : {}),
    },
  };
}

/** Who asks, as aggregated servers read it (https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/). */
export function subjectHeaders({ username, uid, groups, extra = {} }: Subject): Record<string, string | string[]> {
  return {
    "X-Remote-User": username,
    ...(uid === undefined ? {} : { "X-Remote-Uid": uid }),
    "X-Remote-Group": [...groups],
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`X-Remote-Extra-${encodeURIComponent(key)}`, [...values]])),
  };
}

/** The client's headers, as far as they are not the connection's or about who it is. */
export function passedHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const nominated = new Set((request.headers.connection ?? "").split(",").map((word) => word.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
      NOT_PASSED.test(name) || nominated.has(name) ? [] : [[name, values.length === 1 ? (values[0] as string) : values]],
    ),
  );
}

/** GETs JSON; rejects with why it could not. */
export function fetchJson(upstream: Upstream, path: string, subject: Subject, maxBytes: number, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      { ...upstream.options, path, headers: { ...subjectHeaders(subject), accept: "application/json" }, timeout: timeoutMs },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > maxBytes) response.destroy(new Error("the answer is too long"));
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode !== 200) return reject(new Error(`bad status from ${path}: ${response.statusCode}`));
          try {
            resolve(JSON.parse(text));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error("the server is slow to answer")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}
