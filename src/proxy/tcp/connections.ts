import type { ExchangeRecord, Transport } from "../contract.ts";

/** Opaque connections one side of the proxy carries now: counted against the limit, waited for at drain. */
export class TcpConnections {
  readonly #open = new Set<Transport>();
  readonly #records = new Set<ExchangeRecord>();
  #drained: (() => void)[] = [];
  draining = false;

  /** Counts `transport` until its socket has closed. */
  add(transport: Transport): void {
    this.#open.add(transport);
    transport.socket.once("close", () => {
      this.#open.delete(transport);
      this.#checkDrained();
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Bytes that wait to be read by whoever opened these. */
  get bufferedBytes(): number {
    let bytes = 0;
    for (const { socket } of this.#open) bytes += socket.writableLength;
    return bytes;
  }

  /** Bytes pass both ways from now on; {@link closed} follows. */
  opened(record: ExchangeRecord): void {
    this.#records.add(record);
  }

  closed(record: ExchangeRecord): void {
    this.#records.delete(record);
  }

  /** Of those through which bytes pass now: who talks to whom. Times, bytes and reason are not there yet. */
  get records(): Iterable<Readonly<ExchangeRecord>> {
    return this.#records;
  }

  /** No new ones from now on (whoever adds looks at `draining`); calls back when none is left. */
  drain(done: () => void): void {
    this.draining = true;
    this.#drained.push(done);
    this.#checkDrained();
  }

  #checkDrained(): void {
    if (this.#open.size > 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const done of waiting) done();
  }

  /** Breaks off what is left. */
  abort(): void {
    for (const transport of this.#open) {
      if (transport.reset === undefined) transport.socket.destroy();
      else transport.reset();
    }
  }
}
