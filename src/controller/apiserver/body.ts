import type { IncomingMessage } from "node:http";
import { parseDocument } from "yaml";
import { messageOf } from "../../lib/errors.ts";
import { HttpError } from "../http.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { decodeQuestion, PROTOBUF } from "./protobuf-body.ts";
import { badRequest } from "./status.ts";

/** As etcd has it: 1.5 MiB. */
export const MAX_BODY_BYTES = 1.5 * 1024 * 1024;
const MAX_DEPTH = 100;

/** What is read and thrown away of a body that is too long, so that the client gets to see the refusal. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;

/** The whole body; rejects with 413 as soon as it is too long, whatever Content-Length said. */
export function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      drain(request);
      return reject(new HttpError(415, "UnsupportedMediaType", `content encoding "${encoding}" is not supported; send the body as it is`));
    }
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
      drain(request);
      return reject(tooLarge(maxBytes));
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    const collect = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= maxBytes) return;
      request.off("data", collect);
      drain(request);
      reject(tooLarge(maxBytes));
    };
    request.on("data", collect);
    request.on("end", () => resolve(Buffer.concat(chunks, bytes)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the client left before the end of its body")));
  });
}

/** Without this the unread rest would reset the connection, and with it the answer that is on its way. */
function drain(request: IncomingMessage): void {
  let bytes = 0;
  request.on("error", () => {});
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DRAINED_BYTES) request.destroy();
  });
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, "RequestEntityTooLarge", `the request body is over ${maxBytes} bytes`);
}

/** Media type without parameters, lower case; empty when there is none. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** kubectl's commands that make one object (`create namespace`, `create deployment`) speak protobuf; those that read files do not. */
const PROTOBUF_ADVICE = "with kubectl, write `kubectl create ... --dry-run=client -o yaml | kubectl create -f -`";

export interface Decoded {
  readonly value: unknown;
  /** A field that stands twice in one object, of which the last counts. */
  readonly duplicate: string | null;
}

/** JSON or YAML bytes, or a question in protobuf → a value that is safe to walk. Throws 400 and 415 {@link HttpError}s, also for a field that stands twice. */
export function decodeBody(bytes: Buffer, type: string): unknown {
  const { value, duplicate } = decodeLenient(bytes, type);
  if (duplicate !== null) throw badRequest(`the body has the field ${JSON.stringify(duplicate)} twice in one object`);
  return value;
}

/** The same, for callers that judge duplicates by the field validation of the request. */
export function decodeLenient(bytes: Buffer, type: string): Decoded {
  const decoded =
    type === "application/yaml" || type === "text/yaml" || type === "application/x-yaml" ? decodeYaml(bytes) : decodeJson(bytes, type);
  checkTree(decoded.value);
  return decoded;
}

function decodeJson(bytes: Buffer, type: string): Decoded {
  if (type !== "" && type !== "application/json" && !type.endsWith("+json")) {
    const question = type === PROTOBUF ? decodeQuestion(bytes) : null;
    if (question !== null) return { value: question, duplicate: null };
    const what = `the media type "${type}" is not supported: send application/json or application/yaml`;
    throw new HttpError(415, "UnsupportedMediaType", type === PROTOBUF ? `${what}; ${PROTOBUF_ADVICE}` : what);
  }
  const text = decodeText(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is not JSON: ${messageOf(error)}`);
  }
  return { value, duplicate: duplicateKey(text) };
}

function decodeYaml(bytes: Buffer): Decoded {
  const text = decodeText(bytes);
  try {
    const document = parseDocument(text, { uniqueKeys: true });
    const duplicates = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
    const problem = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
    if (problem !== undefined) throw badRequest(`the body is not YAML: ${problem.message}`);
    const [first] = duplicates;
    const duplicate = first === undefined ? null : (/^[^\s:]+/.exec(text.slice(first.pos[0]))?.[0] ?? "?");
    // Aliases may not multiply the document ("billion laughs").
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown, duplicate };
  } catch (error) {
    if (error instanceof HttpError) throw error;
    // The library reads nested values by recursion.
    if (error instanceof RangeError) throw badRequest(`the body is nested deeper than ${MAX_DEPTH} levels`);
    throw badRequest(`the body is not acceptable YAML: ${messageOf(error)}`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest("the body is not UTF-8 text");
  }
}

/** Refuses what would hurt whoever walks it: too deep, or a key that changes prototypes when it is copied. */
function checkTree(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw badRequest(`the body is nested deeper than ${MAX_DEPTH} levels`);
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null) continue;
      if (Object.hasOwn(value, "__proto__")) throw badRequest('the body has a field "__proto__", which is never a field');
      for (const child of Object.values(value)) if (typeof child === "object" && child !== null) next.push(child);
    }
    level = next;
  }
}
