import { UserError } from "../lib/errors.ts";
import type { RecordLog, Via } from "./contract.ts";

/** One certificate that was given out. Times are Unix milliseconds. */
export interface Issuance {
  readonly serial: string;
  readonly identity: string;
  /** `namespace/instance`; empty for clients outside the mesh. */
  readonly instance: string;
  readonly issuedAtMs: number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Name of the issuer, and its serial: names stay, serials tell issuers apart. */
  readonly issuer: string;
  readonly issuerSerial: string;
  readonly via: Via;
}

/** A certificate with where it stands in its holder's series: the newest valid one is current. */
export interface ListedIssuance extends Issuance {
  readonly state: "current" | "superseded" | "expired";
}

/** Expired certificates stay listed for at least this long. */
const KEEP_EXPIRED_MS = 3_600_000;
/** About 60 MiB of memory. Refusing to issue is better than forgetting a live certificate: gates of rotations count them. */
const MAX_RECORDS = 200_000;
/** Fewer records than this are not worth a look. */
const COMPACT_AT = 1_000;

/** Every certificate that may still be alive, on disk before its holder gets it. */
export class IssuanceLog {
  readonly #log: RecordLog;
  readonly #bySerial: Map<string, Issuance>;
  /** Lines in the file, forgotten ones included. */
  #lines: number;
  #lookAgainAt = COMPACT_AT;

  private constructor(log: RecordLog, records: readonly Issuance[], lines: number) {
    this.#log = log;
    this.#bySerial = new Map(records.map((record) => [record.serial, record]));
    this.#lines = lines;
  }

  /** Unreadable lines are an error: a log with holes cannot say that a serial is new. */
  static async open(log: RecordLog): Promise<IssuanceLog> {
    const lines = await log.load();
    return new IssuanceLog(
      log,
      lines.map((line, index) => parseRecord(line, index + 1)),
      lines.length,
    );
  }

  /** Whether as many certificates are alive as are kept. */
  isFull(nowMs: number): boolean {
    if (this.#bySerial.size >= MAX_RECORDS) this.#forgetExpired(nowMs);
    return this.#bySerial.size >= MAX_RECORDS;
  }

  has(serial: string): boolean {
    return this.#bySerial.has(serial);
  }

  get(serial: string): Issuance | undefined {
    return this.#bySerial.get(serial);
  }

  /** Resolves when the record survives a crash. */
  async add(record: Issuance, nowMs: number): Promise<void> {
    // In memory first: a compaction that runs meanwhile must not write a file without this record.
    this.#bySerial.set(record.serial, record);
    try {
      await this.#log.append(JSON.stringify(record));
    } catch (error) {
      this.#bySerial.delete(record.serial);
      throw error;
    }
    this.#lines += 1;
    // The record is safe; a file that could not be shortened now will be tried again with the next one.
    await this.#compact(nowMs).catch(() => {});
  }

  /** Newest first. */
  list(nowMs: number): readonly ListedIssuance[] {
    const seen = new Set<string>();
    return [...this.#bySerial.values()]
      .sort((a, b) => b.issuedAtMs - a.issuedAtMs)
      .map((record) => {
        if (record.notAfterMs + 1000 <= nowMs) return { ...record, state: "expired" };
        const holder = holderOf(record);
        const state = seen.has(holder) ? "superseded" : "current";
        seen.add(holder);
        return { ...record, state };
      });
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #forgetExpired(nowMs: number): void {
    const horizonMs = nowMs - KEEP_EXPIRED_MS;
    for (const [serial, record] of this.#bySerial) if (record.notAfterMs < horizonMs) this.#bySerial.delete(serial);
    this.#lookAgainAt = Math.max(COMPACT_AT, 2 * this.#bySerial.size);
  }

  /** Looks through all records when they have doubled since the last look: the cost of one is spread over many. */
  async #compact(nowMs: number): Promise<void> {
    if (this.#bySerial.size < this.#lookAgainAt) return;
    this.#forgetExpired(nowMs);
    if (this.#lines - this.#bySerial.size < COMPACT_AT / 2) return;
    const records = [...this.#bySerial.values()];
    await this.#log.replace(records.map((record) => JSON.stringify(record)));
    this.#lines = records.length;
  }
}

/** Two `cert issue` clients of one identity are two holders: neither takes the other's place. */
function holderOf(record: Issuance): string {
  return record.via === "admin" ? record.serial : `${record.identity} ${record.instance}`;
}

function parseRecord(line: string, number: number): Issuance {
  try {
    const record = JSON.parse(line) as Issuance;
    if (typeof record.serial === "string" && typeof record.notAfterMs === "number") return record;
  } catch {
    // Said below.
  }
  throw new UserError(`the issuance log is damaged: line ${number} is not a record`, {
    hint: "It says which serials are taken. Restore issued.jsonl from a backup, or take that line out by hand.",
  });
}
