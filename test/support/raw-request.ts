import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { TestApi } from "./api.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of JSON answers. */
  readonly json: Record<string, unknown>;
}

/** One request as its bytes are given, so that a test can send what no client would. */
export function rawRequest(
  api: TestApi,
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: string | Buffer; readonly token?: string } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${api.url}${path}`,
      {
        method,
        ca: api.caPem,
        agent: false,
        headers: { authorization: `Bearer ${options.token ?? api.token}`, ...lengthOf(options), ...options.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          let json: Record<string, unknown> = {};
          try {
            json = JSON.parse(text) as Record<string, unknown>;
          } catch {
            // Some answers are YAML.
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(options.body);
  });
}

/** Node frames the body of a DELETE only when told to. */
function lengthOf({
  body,
  headers,
}: {
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}): Record<string, string> {
  return body === undefined || headers?.["transfer-encoding"] !== undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}
