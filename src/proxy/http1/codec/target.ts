import { parseAuthority } from "./authority.ts";
import { FAILURE, type Failure } from "./failure.ts";

/** Forms of a request target (RFC 9112 3.2). */
export const FORM_ORIGIN = 0;
export const FORM_ABSOLUTE = 1;
export const FORM_AUTHORITY = 2;
export const FORM_ASTERISK = 3;

/** What a target says, beside the path that `match` reads. Reused. */
export class RequestTarget {
  form = FORM_ORIGIN;
  /** Lower case, default port dropped; empty unless absolute or authority form. */
  authority = "";
  /** Path and query as sent; `*` for asterisk form, empty for authority form. */
  pathAndQuery = "/";
}

/** Sorts `text` by form. The method decides which forms are possible. */
export function readRequestTarget(text: string, method: string, into: RequestTarget): Failure | null {
  into.authority = "";
  if (method === "CONNECT") {
    const authority = parseAuthority(text);
    if (authority === null || authority.port === 0) return FAILURE.badTarget;
    into.form = FORM_AUTHORITY;
    into.authority = authority.text;
    into.pathAndQuery = "";
    return null;
  }
  if (text.charCodeAt(0) === 0x2f) {
    into.form = FORM_ORIGIN;
    into.pathAndQuery = text;
    return null;
  }
  if (text === "*" && method === "OPTIONS") {
    into.form = FORM_ASTERISK;
    into.pathAndQuery = "*";
    return null;
  }
  return readAbsolute(text, method, into);
}

/** `http://authority/path?query`. Other schemes are not ours to fetch, user information is refused (RFC 9110 4.2.4). */
function readAbsolute(text: string, method: string, into: RequestTarget): Failure | null {
  const scheme = /^http:\/\//i.exec(text);
  if (scheme === null) return FAILURE.badTarget;
  const rest = text.slice(scheme[0].length);
  const end = rest.search(/[/?#]/);
  const authority = parseAuthority(end === -1 ? rest : rest.slice(0, end));
  if (authority === null) return FAILURE.badTarget;
  const path = end === -1 ? "" : rest.slice(end);
  into.form = FORM_ABSOLUTE;
  into.authority = withoutDefaultPort(authority.text);
  // An empty path is `/`, and for OPTIONS the server as a whole (RFC 9112 3.2.4).
  if (path === "") into.pathAndQuery = method === "OPTIONS" ? "*" : "/";
  else into.pathAndQuery = path.startsWith("?") ? `/${path}` : path;
  return null;
}

/** `api:80` and `api` are the same authority of http (RFC 9110 4.2.1). */
export function withoutDefaultPort(authority: string): string {
  return authority.endsWith(":80") ? authority.slice(0, -3) : authority;
}
