/** What /proc says of a process. */
import { readdirSync, readFileSync } from "node:fs";

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no memory`);
  return Number(kib) * 1_024;
}

export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The most that each process grows over what it had at the beginning, looked at every 50 ms. */
export class MemoryWatch {
  readonly #pids: readonly number[];
  readonly #first: readonly number[];
  readonly #most: number[];
  readonly #timer: NodeJS.Timeout;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#first = pids.map(residentBytes);
    this.#most = [...this.#first];
    this.#timer = setInterval(() => this.#look(), 50);
  }

  #look(): void {
    for (const [at, pid] of this.#pids.entries()) this.#most[at] = Math.max(this.#most[at] as number, residentBytes(pid));
  }

  /** Bytes, in the order of the processes. */
  stop(): readonly number[] {
    clearInterval(this.#timer);
    this.#look();
    return this.#most.map((most, at) => most - (this.#first[at] as number));
  }
}
