import type { ClientConnection } from "./client-connection.ts";
import type { TrafficRecord } from "../exchange-record.ts";
import type { ServerConnection } from "./server-connection.ts";
import { HIGH_WATER_BYTES, type Wire } from "./wire.ts";

/** What an accepted upgrade leaves (RFC 9110 7.8): bytes pass unread, each direction ends by itself. */
export class Tunnel {
  readonly #client: ServerConnection;
  readonly #upstream: ClientConnection;
  readonly #record: TrafficRecord;
  #upstreamEnded = false;
  #clientEnded = false;

  constructor(client: ServerConnection, upstream: ClientConnection, record: TrafficRecord) {
    this.#client = client;
    this.#upstream = upstream;
    this.#record = record;
  }

  fromUpstream(bytes: Buffer, start: number, end: number): void {
    this.#record.responseBytes += end - start;
    this.#client.touch();
    pass(this.#upstream.wire, this.#client.wire, bytes, start, end);
    if (this.#client.blocked) this.#upstream.wire.pause();
  }

  fromClient(bytes: Buffer, start: number, end: number): void {
    this.#record.requestBytes += end - start;
    pass(this.#client.wire, this.#upstream.wire, bytes, start, end);
    if (this.#upstream.wire.pending > HIGH_WATER_BYTES) this.#client.hold();
  }

  upstreamEnded(): void {
    this.#upstreamEnded = true;
    this.#client.wire.end();
  }

  clientEnded(): void {
    this.#clientEnded = true;
    this.#upstream.wire.end();
  }

  /** One side has said goodbye: when the connection goes now, nobody left early. */
  get halfEnded(): boolean {
    return this.#upstreamEnded || this.#clientEnded;
  }

  get ended(): boolean {
    return this.#upstreamEnded && this.#clientEnded;
  }
}

/** Copied when the memory it came in is about to change. */
function pass(from: Wire, to: Wire, bytes: Buffer, start: number, end: number): void {
  if (from.retainable) to.write(bytes, start, end);
  else to.write(Buffer.from(bytes.subarray(start, end)), 0, end - start);
}
