import { withoutDefaultPort } from "../../http1/codec/target.ts";
import { FAILURE, type Failure } from "./failure.ts";
import type { FieldSink } from "./hpack/decoder.ts";
import { ENTRY_OVERHEAD } from "./hpack/static-table.ts";
import type { Http2Limits } from "./limits.ts";
import {
  BAD_VALUE,
  KIND_MASK,
  K_AUTHORITY,
  K_BAD_NAME,
  K_CONNECTION,
  K_CONTENT_LENGTH,
  K_COOKIE,
  K_HOST,
  K_METHOD,
  K_PATH,
  K_PROTOCOL,
  K_SCHEME,
  K_STATUS,
  K_TE,
  K_TRACE,
  K_UNKNOWN_PSEUDO,
  NEVER_INDEXED,
} from "./names.ts";

/** What a field section belongs to. */
export const SECTION_REQUEST = 0;
export const SECTION_RESPONSE = 1;
export const SECTION_TRAILERS = 2;
/** Of a stream nobody listens to: decoded for the table's sake only (RFC 9113 4.3). */
export const SECTION_IGNORED = 3;
export type SectionKind = typeof SECTION_REQUEST | typeof SECTION_RESPONSE | typeof SECTION_TRAILERS | typeof SECTION_IGNORED;

const TOKEN_TEXT = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
const VISIBLE_TEXT = /^[\x21-\x7e]+$/;
/** Visible, and no `@`: user information has no place here (RFC 9113 8.3.1). */
const AUTHORITY = /^[\x21-\x3f\x41-\x7e]*$/;
const LENGTH = /^[0-9]{1,15}$/;
const STATUS = /^[1-9][0-9][0-9]$/;

/** Collects the fields of one section by the rules of RFC 9113 sections 8.2 and 8.3. One per connection, reused. */
export class FieldSection implements FieldSink {
  readonly #limits: Http2Limits;
  kind: SectionKind = SECTION_IGNORED;
  method = "";
  scheme = "";
  path = "";
  authority = "";
  protocol = "";
  status = 0;
  contentLength = -1;
  traced = false;
  /** Made anew for each section: it is handed over with the stream. */
  fields: string[] = [];
  sensitive: number[] = [];
  /** The first rule broken; the rest of the section is decoded for the table's sake only. */
  failure: Failure | null = null;
  /** Over maxHeaderLines or maxHeaderListBytes. */
  oversized = false;
  #bytes = 0;
  #lines = 0;
  #seen = 0;
  #regular = false;
  #cookieAt = -1;
  #host = "";
  #hostSeen = false;
  /** The last authority that was found right: it is nearly always the same string. */
  #knownAuthority = "";

  constructor(limits: Http2Limits) {
    this.#limits = limits;
  }

  begin(kind: SectionKind): void {
    this.kind = kind;
    this.method = "";
    this.scheme = "";
    this.path = "";
    this.authority = "";
    this.protocol = "";
    this.status = 0;
    this.contentLength = -1;
    this.traced = false;
    this.fields = [];
    if (this.sensitive.length > 0) this.sensitive = [];
    this.failure = null;
    this.oversized = false;
    this.#bytes = 0;
    this.#lines = 0;
    this.#seen = 0;
    this.#regular = false;
    this.#cookieAt = -1;
    this.#host = "";
    this.#hostSeen = false;
  }

  field(name: string, value: string, kind: number): Failure | null {
    this.#bytes += name.length + value.length + ENTRY_OVERHEAD;
    this.#lines += 1;
    if (this.#bytes > this.#limits.maxHeaderListBytes || this.#lines > this.#limits.maxHeaderLines) {
      this.oversized = true;
      return this.#bytes > this.#limits.maxHeaderBombBytes ? FAILURE.hpackBomb : null;
    }
    if (kind === 0 && this.kind !== SECTION_IGNORED) {
      this.#regular = true;
      this.fields.push(name, value);
      return null;
    }
    if (this.failure === null && this.kind !== SECTION_IGNORED) this.failure = this.#ruled(name, value, kind);
    return null;
  }

  /** After the last field: what only the whole section can say. `connectProtocol`: RFC 8441 was offered. */
  finish(connectProtocol: boolean): Failure | null {
    if (this.failure !== null) return this.failure;
    if (this.oversized) return null;
    if (this.kind === SECTION_REQUEST) this.failure = this.#checkRequest(connectProtocol);
    else if (this.kind === SECTION_RESPONSE && this.status === 0) this.failure = FAILURE.missingPseudo;
    return this.failure;
  }

  #ruled(name: string, value: string, flags: number): Failure | null {
    const kind = flags & KIND_MASK;
    if (kind === K_BAD_NAME) return FAILURE.badName;
    if ((flags & BAD_VALUE) !== 0) return FAILURE.badValue;
    if (kind >= K_METHOD && kind <= K_UNKNOWN_PSEUDO) return this.#pseudo(value, kind);
    if (kind === K_CONNECTION) return FAILURE.connectionField;
    if (kind === K_TE && value.toLowerCase() !== "trailers") return FAILURE.badTe;
    this.#regular = true;
    if (kind === K_TRACE) this.traced = true;
    else if (this.kind !== SECTION_TRAILERS) {
      if (kind === K_CONTENT_LENGTH) {
        if (this.contentLength >= 0 || !LENGTH.test(value)) return FAILURE.badLength;
        this.contentLength = Number(value);
      } else if (kind === K_HOST && this.kind === SECTION_REQUEST) {
        if (this.#hostSeen) return FAILURE.badHost;
        this.#hostSeen = true;
        this.#host = value;
      } else if (kind === K_COOKIE && this.kind === SECTION_REQUEST) {
        if (this.#cookieAt >= 0) {
          this.fields[this.#cookieAt + 1] += `; ${value}`;
          return null;
        }
        this.#cookieAt = this.fields.length;
      }
    }
    if ((flags & NEVER_INDEXED) !== 0) this.sensitive.push(this.fields.length);
    this.fields.push(name, value);
    return null;
  }

  #pseudo(value: string, kind: number): Failure | null {
    if (kind === K_UNKNOWN_PSEUDO || this.kind === SECTION_TRAILERS) return FAILURE.unknownPseudo;
    if ((kind === K_STATUS) !== (this.kind === SECTION_RESPONSE)) return FAILURE.unknownPseudo;
    if (this.#regular) return FAILURE.latePseudo;
    const bit = 1 << kind;
    if ((this.#seen & bit) !== 0) return FAILURE.doubledPseudo;
    this.#seen |= bit;
    switch (kind) {
      case K_METHOD:
        this.method = value;
        return value === "GET" || value === "POST" || TOKEN_TEXT.test(value) ? null : FAILURE.badMethod;
      case K_SCHEME:
        this.scheme = value;
        return value === "http" || value === "https" || SCHEME.test(value) ? null : FAILURE.badScheme;
      case K_AUTHORITY:
        this.authority = value;
        if (value === this.#knownAuthority) return null;
        if (!AUTHORITY.test(value)) return FAILURE.badAuthority;
        this.#knownAuthority = value;
        return null;
      case K_PATH:
        this.path = value;
        return VISIBLE_TEXT.test(value) ? null : FAILURE.badPath;
      case K_PROTOCOL:
        this.protocol = value;
        return TOKEN_TEXT.test(value) ? null : FAILURE.badConnect;
      default:
        if (!STATUS.test(value) || value === "101") return FAILURE.badStatus;
        this.status = Number(value);
        return null;
    }
  }

  #has(kind: number): boolean {
    return (this.#seen & (1 << kind)) !== 0;
  }

  /** RFC 9113 8.3.1, 8.5; RFC 8441 4. */
  #checkRequest(connectProtocol: boolean): Failure | null {
    if (!this.#has(K_METHOD)) return FAILURE.missingPseudo;
    const plainConnect = this.method === "CONNECT" && !this.#has(K_PROTOCOL);
    if (plainConnect) {
      if (this.authority === "" || this.#has(K_SCHEME) || this.#has(K_PATH)) return FAILURE.badConnect;
    } else {
      if (!this.#has(K_SCHEME) || !this.#has(K_PATH)) return FAILURE.missingPseudo;
      if (this.#has(K_PROTOCOL)) {
        if (this.method !== "CONNECT" || !connectProtocol || this.authority === "") return FAILURE.badConnect;
      }
      if (this.path.charCodeAt(0) !== 0x2f && (this.path !== "*" || this.method !== "OPTIONS")) return FAILURE.badPath;
    }
    if (this.#hostSeen && this.#has(K_AUTHORITY) && this.#host !== this.authority) {
      const host = withoutDefaultPort(this.#host.toLowerCase());
      if (host !== withoutDefaultPort(this.authority.toLowerCase())) return FAILURE.badHost;
    }
    return null;
  }
}
