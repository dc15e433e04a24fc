import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpError, type Caller, type Exchange } from "../http.ts";

const DEFAULT_MAX_BODY = 1_536 * 1024;

/** One request with its parsed parts. */
export function createExchange(
  request: IncomingMessage,
  response: ServerResponse,
  parts: { params: Readonly<Record<string, string>>; query: URLSearchParams; caller: Caller; bearer: string | null },
): Exchange {
  return {
    request,
    response,
    method: request.method ?? "GET",
    ...parts,
    body: (maxBytes = DEFAULT_MAX_BODY) => readBody(request, maxBytes),
    json(status, value) {
      const text = JSON.stringify(value);
      response.writeHead(status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        "cache-control": "no-store",
      });
      response.end(text);
    },
  };
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, "RequestEntityTooLarge", `the request body is over ${maxBytes} bytes`);
}

/** The token of `Authorization: Bearer`, or null. */
export function bearerOf(request: IncomingMessage): string | null {
  const match = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(request.headers.authorization ?? "");
  return match?.[1] ?? null;
}
