import { DEFAULT_LIMITS } from "../../src/proxy/contract.ts";
import { type HeadLimits, type ROLE_REQUEST, ROLE_RESPONSE } from "../../src/proxy/http1/codec/head.ts";
import { DATA, END, FAILED, HEAD, MORE, MessageReader } from "../../src/proxy/http1/codec/message-reader.ts";

/** What a reader said about a stream of bytes, independent of how the reads were cut: body bytes joined per message. */
export interface ReadMessage {
  readonly start: string;
  readonly headers: readonly string[];
  body: string;
  trailers: readonly string[];
  complete: boolean;
}

export interface ReadResult {
  readonly messages: readonly ReadMessage[];
  /** Code of the failure that ended it, or empty. */
  readonly failure: string;
}

/** Feeds `bytes`, cut at `cuts` (offsets, ascending), each piece in memory that is overwritten afterwards. */
export function readMessages(
  role: typeof ROLE_REQUEST | typeof ROLE_RESPONSE,
  bytes: Buffer,
  cuts: readonly number[] = [],
  answersHead: readonly boolean[] = [],
  limits: HeadLimits = DEFAULT_LIMITS,
): ReadResult {
  const reader = new MessageReader(role, limits);
  const messages: ReadMessage[] = [];
  let current: ReadMessage | undefined;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const piece = Buffer.from(bytes.subarray(from, to));
    from = to;
    let pos = 0;
    for (;;) {
      reader.answersHead = answersHead[messages.length] ?? false;
      const event = reader.next(piece, pos, piece.length);
      pos = reader.pos;
      if (event === MORE) break;
      if (event === FAILED) return { messages, failure: reader.failure?.code ?? "?" };
      if (event === HEAD) {
        current = { start: startOf(reader, role), headers: reader.head.toList(), body: "", trailers: [], complete: false };
        messages.push(current);
      } else if (event === DATA) {
        (current as ReadMessage).body += piece.toString("latin1", reader.dataStart, reader.dataEnd);
      } else if (event === END) {
        (current as ReadMessage).trailers = reader.trailers?.toList() ?? [];
        (current as ReadMessage).complete = true;
        reader.reset();
      }
    }
    piece.fill(0x2a);
  }
  if (reader.endOfInput() && current !== undefined) current.complete = true;
  return { messages, failure: "" };
}

function startOf(reader: MessageReader, role: number): string {
  const { head } = reader;
  if (role === ROLE_RESPONSE) return `${head.minor} ${head.status}`;
  return `${head.text(head.methodStart, head.methodEnd)} ${head.text(head.targetStart, head.targetEnd)} ${head.minor}`;
}
