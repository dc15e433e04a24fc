/** A request's start line and Host → what rules see (RFC 9112 3.2, design section 8 "Host and target"). */
import type { PathRefusal } from "../../match/path.ts";
import type { HeadView } from "../http/request-view.ts";
import { parseAuthority } from "./codec/authority.ts";
import { FAILURE, type Failure } from "./codec/failure.ts";
import type { Head } from "./codec/head.ts";
import { methodOf } from "./codec/methods.ts";
import { FORM_ABSOLUTE, FORM_ORIGIN, RequestTarget, readRequestTarget, withoutDefaultPort } from "./codec/target.ts";

/** The last Host seen on a connection and its canonical text: it hardly ever changes. */
export class KnownHost {
  text = "";
  authority = "";

  /** False: `text` is no authority. */
  read(text: string): boolean {
    if (text === this.text && text !== "") return true;
    const authority = parseAuthority(text);
    if (authority === null) return false;
    this.text = text;
    this.authority = authority.text;
    return true;
  }
}

const target = new RequestTarget();

/** For a request that was refused before its head was whole. */
export function viewPartly(head: Head, view: HeadView): void {
  view.clear(head);
  if (head.methodEnd > head.methodStart) view.method = methodOf(head);
  if (head.targetEnd > head.targetStart) view.showTarget(head.text(head.targetStart, head.targetEnd));
}

/** `proxyListener`: an absolute target replaces Host; elsewhere the two must agree. `fallbackHost` is for HTTP/1.0 without Host. */
export function viewRequest(
  head: Head,
  view: HeadView,
  known: KnownHost,
  proxyListener: boolean,
  fallbackHost: string,
): Failure | PathRefusal | null {
  view.clear(head);
  view.method = methodOf(head);
  view.raw = head.text(head.targetStart, head.targetEnd);
  const { hostLine } = head;
  if (hostLine >= 0) {
    if (!sameText(head, hostLine, known.text) && !known.read(head.value(hostLine))) return FAILURE.badHost;
    view.authority = known.authority;
    view.host = known.text;
  }
  const bad = readRequestTarget(view.raw, view.method, target);
  if (bad !== null) return bad;
  if (target.form !== FORM_ORIGIN && target.authority !== "") {
    const differs = withoutDefaultPort(view.authority) !== withoutDefaultPort(target.authority);
    if (differs && hostLine >= 0 && !(proxyListener && target.form === FORM_ABSOLUTE)) return FAILURE.badHost;
    view.authority = target.authority;
    if (differs) replaceHost(view, target.authority);
  } else if (hostLine < 0) {
    view.authority = fallbackHost;
    replaceHost(view, fallbackHost);
  }
  return view.readPath(target);
}

function replaceHost(view: HeadView, host: string): void {
  view.host = host;
  view.newHost = true;
}

/** Byte for byte, without making a string of the line. An empty text was never checked, so it is never the same. */
function sameText(head: Head, line: number, text: string): boolean {
  const start = head.base + (head.lines[line * 4 + 2] as number);
  const length = (head.lines[line * 4 + 3] as number) + head.base - start;
  if (length !== text.length || length === 0) return false;
  for (let index = 0; index < length; index += 1) if (head.bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
