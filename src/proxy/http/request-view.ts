import { type PathRefusal, TargetParts, readTarget } from "../../match/path.ts";
import type { RequestView, Source } from "../../policies/contract.ts";
import { FORM_ASTERISK, FORM_AUTHORITY, FORM_ORIGIN, type RequestTarget } from "../http1/codec/target.ts";
import type { Fields } from "./message.ts";

const NOBODY: Source = Object.freeze({ identity: "", namespace: "", serviceAccount: "", workload: "" });

/** The head of a request as rules see it; reused. Filled in by the protocol it came in; valid until the exchange ends. */
export class HeadView implements RequestView {
  method = "";
  path = "";
  query = "";
  /** Host and optional port, lower case. */
  authority = "";
  source: Source = NOBODY;
  form = FORM_ORIGIN;
  /** What goes upstream as target; the very text that came when nothing had to change. */
  forward = "";
  /** The target's text as it came. */
  raw = "";
  /** Host for the next hop, spelled as the client did. */
  host = "";
  /** Host differs from the line the client sent, or there was none: it is written anew. */
  newHost = false;
  fields: Fields | null = null;
  readonly #parts = new TargetParts();

  header(name: string): string | undefined {
    return this.fields?.header(name);
  }

  clear(fields: Fields): void {
    this.fields = fields;
    this.method = "";
    this.path = "";
    this.query = "";
    this.authority = "";
    this.raw = "";
    this.forward = "";
    this.host = "";
    this.newHost = false;
    this.form = FORM_ORIGIN;
    this.source = NOBODY;
  }

  /** A target that could not be taken apart, as far as it can be shown. */
  showTarget(raw: string): void {
    const question = raw.indexOf("?");
    this.path = question === -1 ? raw : raw.slice(0, question);
  }

  readPath(target: RequestTarget): PathRefusal | null {
    this.form = target.form;
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
