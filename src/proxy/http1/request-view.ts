import { type PathRefusal, TargetParts, readTarget } from "../../match/path.ts";
import type { RequestView, Source } from "../../policies/contract.ts";
import { parseAuthority } from "./codec/authority.ts";
import { FAILURE, type Failure } from "./codec/failure.ts";
import type { Head } from "./codec/head.ts";
import { methodOf } from "./codec/methods.ts";
import {
  FORM_ABSOLUTE,
  FORM_ASTERISK,
  FORM_AUTHORITY,
  FORM_ORIGIN,
  RequestTarget,
  readRequestTarget,
  withoutDefaultPort,
} from "./codec/target.ts";
import type { ServerConnection } from "./server-connection.ts";

const NOBODY: Source = Object.freeze({ identity: "", namespace: "", serviceAccount: "", workload: "" });

/** The head of a request as rules see it; reused. Valid until the exchange ends. */
export class HeadView implements RequestView {
  method = "";
  path = "";
  query = "";
  authority = "";
  source: Source = NOBODY;
  form = FORM_ORIGIN;
  /** What goes upstream as target; the very text that came when nothing had to change. */
  forward = "";
  /** The target's text as it came. */
  raw = "";
  /** Not empty: Host is written anew with this value. */
  newHost = "";
  #head: Head | null = null;
  readonly #target = new RequestTarget();
  readonly #parts = new TargetParts();

  header(name: string): string | undefined {
    return this.#head?.header(name);
  }

  /** For a request that was refused before its head was whole: what is known of it. */
  openPartly(head: Head): void {
    this.#clear(head);
    if (head.methodEnd > head.methodStart) this.method = methodOf(head);
    if (head.targetEnd > head.targetStart) {
      const raw = head.text(head.targetStart, head.targetEnd);
      const question = raw.indexOf("?");
      this.path = question === -1 ? raw : raw.slice(0, question);
    }
  }

  /**
   * Reads target and Host (RFC 9112 3.2, design section 8 "Host and target"). `proxyListener`: an absolute
   * target replaces Host; elsewhere the two must agree. `fallbackHost` is for HTTP/1.0 without Host.
   */
  open(head: Head, connection: ServerConnection, proxyListener: boolean, fallbackHost: string): Failure | PathRefusal | null {
    this.#clear(head);
    this.source = connection.source;
    this.method = methodOf(head);
    this.raw = head.text(head.targetStart, head.targetEnd);
    const refused = this.#readHost(head, connection);
    if (refused !== null) return refused;
    const target = this.#target;
    const bad = readRequestTarget(this.raw, this.method, target);
    if (bad !== null) return bad;
    this.form = target.form;
    if (target.form !== FORM_ORIGIN && target.authority !== "") {
      const differs = withoutDefaultPort(this.authority) !== withoutDefaultPort(target.authority);
      if (differs && head.hostLine >= 0 && !(proxyListener && target.form === FORM_ABSOLUTE)) return FAILURE.badHost;
      this.authority = target.authority;
      if (differs) this.newHost = target.authority;
    } else if (head.hostLine < 0) {
      this.newHost = fallbackHost;
      this.authority = fallbackHost;
    }
    return this.#readPath(target);
  }

  #clear(head: Head): void {
    this.#head = head;
    this.method = "";
    this.path = "";
    this.query = "";
    this.authority = "";
    this.raw = "";
    this.forward = "";
    this.newHost = "";
    this.form = FORM_ORIGIN;
    this.source = NOBODY;
  }

  #readHost(head: Head, connection: ServerConnection): Failure | null {
    const line = head.hostLine;
    if (line < 0) return null;
    if (!sameText(head, line, connection.hostText)) {
      const text = head.value(line);
      const authority = parseAuthority(text);
      if (authority === null) return FAILURE.badHost;
      connection.hostText = text;
      connection.authority = authority.text;
    }
    this.authority = connection.authority;
    return null;
  }

  #readPath(target: RequestTarget): PathRefusal | null {
    if (target.form === FORM_AUTHORITY) return null;
    if (target.form === FORM_ASTERISK || target.pathAndQuery === "*") {
      this.path = "*";
      this.forward = "*";
      return null;
    }
    const parts = this.#parts;
    const refused = readTarget(target.pathAndQuery, parts);
    if (refused !== null) return refused;
    this.path = parts.path;
    this.query = parts.query;
    this.forward = parts.forward;
    return null;
  }
}

/** Byte for byte, without making a string of the line. An empty text was never checked, so it is never the same. */
function sameText(head: Head, line: number, text: string): boolean {
  const start = head.base + (head.lines[line * 4 + 2] as number);
  const length = (head.lines[line * 4 + 3] as number) + head.base - start;
  if (length !== text.length || length === 0) return false;
  for (let index = 0; index < length; index += 1) if (head.bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
