import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, gzip } from "node:zlib";
import type { Clock } from "../../lib/clock.ts";

/** Where an answer goes. */
export interface Reply {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clock: Clock;
}

/** Smaller answers cost more to pack than to send. */
const GZIP_FROM_BYTES = 128 * 1024;
const GZIP = { level: constants.Z_BEST_SPEED };
/** Longer answers leave piece by piece, as fast as they are read. */
const WHOLE_CHARACTERS = 1024 * 1024;
const PIECE_CHARACTERS = 64 * 1024;
/** Whoever reads an answer that is no stream more slowly than this is cut. */
const ANSWER_LIMIT_MS = 60_000;
/** Of all warnings of one answer, characters: clients bound the heads they read. */
const MAX_WARNINGS = 4 * 1024;

/** One whole text. `contentType` is not overwritten where the answer has one already. */
export function sendText(reply: Reply, code: number, text: string, contentType: string, warnings: readonly string[] = []): void {
  const { response } = reply;
  prepare(reply, contentType, warnings);
  if (text.length < GZIP_FROM_BYTES || !takesGzip(reply)) {
    response.writeHead(code, { "Content-Length": Buffer.byteLength(text) });
    response.end(text);
    return;
  }
  gzip(text, GZIP, (error, packed) => {
    if (error !== null || response.destroyed) return void response.destroy();
    response.writeHead(code, { "Content-Encoding": "gzip", "Content-Length": packed.length });
    response.end(packed);
  });
}

/**
 * A text in pieces, which are made when there is room for them: neither the whole text nor much of it is ever in memory.
 * Short ones go out whole.
 */
export function sendPieces(reply: Reply, pieces: Iterator<string>, contentType: string): void {
  let head = "";
  let next = pieces.next();
  for (; !next.done && head.length < WHOLE_CHARACTERS; next = pieces.next()) head += next.value;
  if (next.done) return sendText(reply, 200, head, contentType);
  const { response, clock } = reply;
  prepare(reply, contentType, []);
  const packs = takesGzip(reply);
  response.writeHead(200, packs ? { "Content-Encoding": "gzip" } : {});
  const cut = clock.setTimer(() => response.destroy(), ANSWER_LIMIT_MS, { unref: true });
  const source = Readable.from(batches(head + next.value, pieces));
  const done = packs ? pipeline(source, createGzip(GZIP), response) : pipeline(source, response);
  // A client that leaves in the middle ends it.
  void done.catch(() => response.destroy()).finally(() => cut.cancel());
}

function* batches(first: string, rest: Iterator<string>): Generator<Buffer> {
  let batch = first;
  for (let next = rest.next(); !next.done; next = rest.next()) {
    if (batch.length >= PIECE_CHARACTERS) {
      yield Buffer.from(batch);
      batch = "";
    }
    batch += next.value;
  }
  yield Buffer.from(batch);
}

function prepare({ response }: Reply, contentType: string, warnings: readonly string[]): void {
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", contentType);
  response.setHeader("Cache-Control", "no-cache, private");
  response.setHeader("Vary", "Accept, Accept-Encoding");
  const headers: string[] = [];
  let characters = 0;
  for (const warning of warnings) {
    const header = warningHeader(warning);
    characters += header.length;
    if (characters > MAX_WARNINGS) break;
    headers.push(header);
  }
  if (headers.length > 0) response.setHeader("Warning", headers);
}

/** RFC 9111 5.5 quoted text: what a header cannot carry is left out. */
function warningHeader(text: string): string {
  return `299 - "${text.replace(/[\\"]/g, "\\$&").replace(/[^\x20-\x7e]/g, "?")}"`;
}

/** RFC 9110 12.5.3. */
function takesGzip({ request }: Reply): boolean {
  const header = request.headers["accept-encoding"];
  return typeof header === "string" && /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?:1|0\.\d*[1-9]\d*)[^,]*)?(?:,|$)/i.test(header);
}
