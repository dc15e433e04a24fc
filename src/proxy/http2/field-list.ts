/** Fields of an HTTP/2 message, as the middle of the engine reads them and as the next hop gets them. */
import type { Fields, Trailers } from "../http/message.ts";
import type { ByteWriter } from "../http1/codec/byte-writer.ts";
import { DROP_TRAILERS } from "../http1/codec/write-head.ts";
import type { Http2Connection } from "./codec/connection.ts";
import { kindOfField } from "./field-kinds.ts";

const NONE: readonly number[] = Object.freeze([]);

/** Value by lower-case name, several joined by `, ` (RFC 9110 5.3). `list`: name, value, name, value… */
export function valueOf(list: readonly string[], name: string): string | undefined {
  let joined: string | undefined;
  for (let at = 0; at < list.length; at += 2) {
    if (list[at] === name) joined = joined === undefined ? (list[at + 1] as string) : `${joined}, ${list[at + 1]}`;
  }
  return joined;
}

/** The fields whose kind is not dropped, as lines of HTTP/1. */
export function writeList(out: ByteWriter, list: readonly string[], drop: Uint8Array): void {
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] as string;
    if (drop[kindOfField(name)] === 1) continue;
    out.text(name);
    out.text(": ");
    out.text(list[at + 1] as string);
    out.crlf();
  }
}

/**
 * The fields whose kind is not dropped, into the section under way. `TE: trailers` goes on: between HTTP/2 hops it is
 * the one value there is. `sensitive`: positions kept out of every table (RFC 7541 6.2.3).
 */
export function sendList(to: Http2Connection, list: readonly string[], drop: Uint8Array, sensitive: readonly number[]): void {
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] as string;
    if (drop[kindOfField(name)] === 1 && name !== "te") continue;
    to.field(name, list[at + 1] as string, sensitive.length > 0 && sensitive.includes(at));
  }
}

export class FieldList implements Fields {
  list: readonly string[];

  constructor(list: readonly string[]) {
    this.list = list;
  }

  header(name: string): string | undefined {
    return valueOf(this.list, name);
  }

  internal(name: string): string {
    return valueOf(this.list, name) ?? "";
  }

  toList(): readonly string[] {
    return this.list;
  }
}

export class Http2Trailers extends FieldList implements Trailers {
  kept(): Trailers {
    return this;
  }

  writeHttp1(out: ByteWriter): void {
    writeList(out, this.list, DROP_TRAILERS);
  }

  writeHttp2(to: Http2Connection): void {
    sendList(to, this.list, DROP_TRAILERS, NONE);
  }
}

export function http2Trailers(list: readonly string[] | null): Trailers | null {
  return list === null || list.length === 0 ? null : new Http2Trailers(list);
}
