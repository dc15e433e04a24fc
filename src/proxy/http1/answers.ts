import type { AnswerFraming, AnswerHead, Trailers } from "../http/message.ts";
import type { OwnReply } from "../http/reply.ts";
import type { Wire } from "../wire.ts";
import type { Outbox } from "./outbox.ts";
import { writeReply } from "./own-reply.ts";

/** Answers on their way to the client of one connection. */
export class Answers {
  readonly framing: AnswerFraming = { http10: false, keep: false, toHead: false, reason: "", chunked: false };
  readonly #wire: Wire;
  readonly #outbox: Outbox;

  constructor(wire: Wire, outbox: Outbox) {
    this.#wire = wire;
    this.#outbox = outbox;
  }

  /** `framing` says how; its second half is filled in. */
  head(answer: AnswerHead): void {
    answer.writeHttp1(this.#outbox.of(this.#wire), this.framing);
  }

  data(bytes: Buffer, start: number, end: number, retainable: boolean): void {
    this.#outbox.data(this.#wire, bytes, start, end, retainable, this.framing.chunked);
  }

  end(trailers: Trailers | null): void {
    if (this.framing.chunked) {
      const out = this.#outbox.of(this.#wire);
      out.text("0\r\n");
      trailers?.writeHttp1(out);
      out.crlf();
    }
    this.flush();
  }

  reply(reply: OwnReply, close: boolean): void {
    writeReply(this.#outbox.of(this.#wire), reply, close);
    this.flush();
  }

  text(text: string): void {
    this.#outbox.of(this.#wire).text(text);
    this.flush();
  }

  flush(): void {
    this.#outbox.flush(this.#wire);
  }
}
