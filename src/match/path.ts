/**
 * One spelling for every path (docs/paths.md): what rules are matched against is exactly what is
 * forwarded. A path that different servers could read differently is refused, never guessed.
 *
 * Hot path: an ordinary path is scanned once and returned as it came, without allocation.
 */
import { readSegment } from "./path-segment.ts";

/** Why a request target has no unambiguous reading. Answered 400 `bad-path`. */
export interface PathRefusal {
  readonly code: PathRefusalCode;
  /** For the log and for explain. */
  readonly text: string;
}

export type PathRefusalCode =
  | "no-leading-slash"
  | "encoded-slash"
  | "backslash"
  | "parameter"
  | "fragment"
  | "control"
  | "non-ascii"
  | "bad-percent"
  | "bad-utf8"
  | "climbs-out"
  | "empty-then-parent";

function refusal(code: PathRefusalCode, text: string): PathRefusal {
  return Object.freeze({ code, text });
}

export const PATH_REFUSAL: Readonly<Record<PathRefusalCode, PathRefusal>> = Object.freeze({
  "no-leading-slash": refusal("no-leading-slash", "the path does not begin with '/' (RFC 9112 3.2.1)"),
  "encoded-slash": refusal("encoded-slash", "'%2F' is a separator to some servers and data to others (RFC 3986 2.2)"),
  backslash: refusal("backslash", "a backslash, raw or as '%5C', is a separator to some servers (RFC 3986 has no place for it)"),
  parameter: refusal("parameter", "';' starts a path parameter to some servers and is data to others (RFC 3986 3.3); send data as '%3B'"),
  fragment: refusal("fragment", "a request target has no fragment (RFC 9112 3.2)"),
  control: refusal("control", "a control character or space, raw or encoded (RFC 3986 2; RFC 9112 3.2)"),
  "non-ascii": refusal("non-ascii", "raw bytes above 127 (RFC 3986 2); percent-encode their UTF-8"),
  "bad-percent": refusal("bad-percent", "'%' is not followed by two hexadecimal digits (RFC 3986 2.1)"),
  "bad-utf8": refusal("bad-utf8", "percent-encoded bytes above 127 that are not UTF-8 (RFC 3629)"),
  "climbs-out": refusal("climbs-out", "'..' climbs above the root (RFC 3986 5.2.4)"),
  "empty-then-parent": refusal(
    "empty-then-parent",
    "'..' follows an empty segment: '/a//../b' is '/a/b' by RFC 3986 5.2.4 and '/b' to a file system",
  ),
});

/** Character classes of {@link scan}. */
const PLAIN = 0;
const SLASH = 1;
const PERCENT = 2;
const CONTROL = 3;
const BACKSLASH = 4;
const PARAMETER = 5;
const FRAGMENT = 6;
const QUESTION = 7;

const CLASS = new Uint8Array(128);
CLASS.fill(CONTROL, 0, 0x21);
CLASS[0x7f] = CONTROL;
CLASS[0x2f] = SLASH;
CLASS[0x25] = PERCENT;
CLASS[0x5c] = BACKSLASH;
CLASS[0x3b] = PARAMETER;
CLASS[0x23] = FRAGMENT;
CLASS[0x3f] = QUESTION;

const DOT = 0x2e;

/** A request target read by {@link readTarget}; one object may be reused for every request of a connection. */
export class TargetParts {
  /** Canonical path. */
  path = "/";
  /** Without the question mark, byte for byte as sent. */
  query = "";
  /** What goes upstream: canonical path, and question mark and query when there was one. */
  forward = "/";
}

/** Reads an origin-form target (`/path?query`, RFC 9112 3.2.1) into `parts`; on a refusal `parts` is unchanged. */
export function readTarget(target: string, parts: TargetParts): PathRefusal | null {
  const question = target.indexOf("?");
  if (question === -1) {
    const path = canonicalPath(target);
    if (typeof path !== "string") return path;
    parts.path = path;
    parts.query = "";
    parts.forward = path;
    return null;
  }
  const raw = target.slice(0, question);
  const path = canonicalPath(raw);
  if (typeof path !== "string") return path;
  const query = target.slice(question + 1);
  const refused = checkQuery(query);
  if (refused !== null) return refused;
  parts.path = path;
  parts.query = query;
  parts.forward = path === raw ? target : `${path}?${query}`;
  return null;
}

/**
 * The canonical form of a path without query, or why there is none. Returns the very same string when
 * it is canonical already; canonicalising twice changes nothing.
 */
export function canonicalPath(raw: string): string | PathRefusal {
  const length = raw.length;
  if (length === 0 || raw.charCodeAt(0) !== 0x2f) return PATH_REFUSAL["no-leading-slash"];
  let ordinary = true;
  for (let index = 0; index < length; index += 1) {
    const code = raw.charCodeAt(index);
    if (code > 0x7f) return PATH_REFUSAL["non-ascii"];
    switch (CLASS[code]) {
      case PLAIN:
        break;
      case SLASH: {
        const next = index + 1 < length ? raw.charCodeAt(index + 1) : 0;
        // `/.well-known` takes the slow way too; it comes back unchanged.
        if (next === 0x2f || next === DOT) ordinary = false;
        break;
      }
      case PERCENT:
        ordinary = false;
        break;
      case BACKSLASH:
        return PATH_REFUSAL.backslash;
      case PARAMETER:
        return PATH_REFUSAL.parameter;
      case FRAGMENT:
      // A question mark here is the caller's mistake: it would begin a query on the next hop.
      case QUESTION:
        return PATH_REFUSAL.fragment;
      default:
        return PATH_REFUSAL.control;
    }
  }
  return ordinary ? raw : resolve(raw);
}

/** Percent-encodings, dot segments, empty segments; raw characters are known to be fine. */
function resolve(raw: string): string | PathRefusal {
  const parts = raw.split("/");
  const segments: string[] = [];
  const last = parts.length - 1;
  let directory = false;
  for (let index = 1; index <= last; index += 1) {
    const read = readSegment(parts[index] as string);
    if (read.refusal !== null) return PATH_REFUSAL[read.refusal];
    const segment = read.text;
    if (segment === "..") {
      const dropped = segments.pop();
      if (dropped === undefined) return PATH_REFUSAL["climbs-out"];
      if (dropped === "") return PATH_REFUSAL["empty-then-parent"];
    } else if (segment !== "." && !(segment === "" && index === last)) {
      segments.push(segment);
    }
    directory = segment === "" || segment === "." || segment === "..";
  }
  // Empty segments stay until here, because which segment a `..` drops must not depend on them.
  const kept = segments.filter((segment) => segment !== "");
  const path = `/${kept.join("/")}${directory && kept.length > 0 ? "/" : ""}`;
  return path === raw ? raw : path;
}

/**
 * Null when a query may be forwarded as it is: visible ASCII without `#`. It is never rewritten:
 * its syntax belongs to the application (RFC 3986 3.4), and a lone `%` in one is common.
 */
export function checkQuery(query: string): PathRefusal | null {
  for (let index = 0; index < query.length; index += 1) {
    const code = query.charCodeAt(index);
    if (code > 0x7f) return PATH_REFUSAL["non-ascii"];
    if (code <= 0x20 || code === 0x7f) return PATH_REFUSAL.control;
    if (code === 0x23) return PATH_REFUSAL.fragment;
  }
  return null;
}
