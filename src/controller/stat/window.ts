import { STAT_WINDOW_SECONDS } from "../../api/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import { addExponential, type Exponential } from "../../telemetry/exponential.ts";
import type { WindowPoint } from "./read-traffic.ts";
import { edgeKey } from "../../telemetry/open-edges.ts";
import { type EdgeLabels, OTHER } from "../../telemetry/traffic-deltas.ts";

export interface WindowLimits {
  /** How far back it remembers. */
  readonly windowMs: number;
  /** Reports that arrive within one such span are added up. */
  readonly slotMs: number;
  /** Edges, by route, at any one time; points of more are counted and passed over. */
  readonly maxSeries: number;
  /** Edge × slot, about a kilobyte each; over that the window gets shorter. */
  readonly maxCells: number;
}

const DEFAULT_WINDOW: WindowLimits = Object.freeze({
  windowMs: STAT_WINDOW_SECONDS * 1_000,
  slotMs: 10_000,
  maxSeries: 2_000,
  maxCells: 50_000,
});

/** Outcomes kept apart in one cell. */
const MAX_OUTCOMES = 64;

interface Outcome {
  readonly status: number;
  readonly reason: string;
  /** -1: not gRPC. */
  readonly grpcStatus: number;
  count: number;
}

/** What was reported of one edge and route within one slot. */
export interface Cell {
  readonly edge: EdgeLabels;
  readonly outcomes: Map<string, Outcome>;
  durations: Exponential | null;
  requestBytes: number;
  responseBytes: number;
  detectionTimeouts: number;
}

interface Slot {
  readonly startMs: number;
  readonly cells: Map<string, Cell>;
}

/** The traffic of the last minutes by edge, added up over all proxies that saw it. Time is the controller's, at arrival. */
export class TrafficWindow {
  readonly #clock: Clock;
  readonly #limits: WindowLimits;
  readonly #startedMs: number;
  /** Oldest first. */
  #slots: Slot[] = [];
  /** In how many slots each edge is. */
  readonly #series = new Map<string, number>();
  #cells = 0;
  /** Points of edges over the limit. */
  overflowed = 0;

  constructor(clock: Clock, limits: WindowLimits = DEFAULT_WINDOW) {
    this.#clock = clock;
    this.#limits = limits;
    this.#startedMs = clock.nowMs();
  }

  get series(): number {
    return this.#series.size;
  }

  get windowMs(): number {
    return this.#limits.windowMs;
  }

  add(point: WindowPoint): void {
    const cell = this.#cell(point.edge);
    if (cell === null) {
      this.overflowed += 1;
      return;
    }
    if (point.what === "durations") cell.durations = addExponential(cell.durations, point.histogram);
    else if (point.what === "exchanges") addOutcome(cell.outcomes, point);
    else if (point.what === "detection-timeouts") cell.detectionTimeouts += point.count;
    else if (point.what === "request-bytes") cell.requestBytes += point.bytes;
    else cell.responseBytes += point.bytes;
  }

  /** Cells of the last `durationMs`, whole slots, and the instant they begin at: no earlier than the window itself. */
  last(durationMs: number): { readonly sinceMs: number; readonly cells: readonly Cell[] } {
    this.#forget();
    const { slotMs } = this.#limits;
    const nowMs = this.#clock.nowMs();
    const sinceMs = Math.floor((nowMs - durationMs) / slotMs) * slotMs;
    const slots = this.#slots.filter(({ startMs }) => startMs >= sinceMs);
    return { sinceMs: Math.min(nowMs, Math.max(sinceMs, this.#startedMs)), cells: slots.flatMap(({ cells }) => [...cells.values()]) };
  }

  #cell(edge: EdgeLabels): Cell | null {
    const key = edgeKey(edge);
    const slot = this.#slot();
    const known = slot.cells.get(key);
    if (known !== undefined) return known;
    const slots = this.#series.get(key) ?? 0;
    if (slots === 0 && this.#series.size >= this.#limits.maxSeries) return null;
    const cell: Cell = { edge, outcomes: new Map(), durations: null, requestBytes: 0, responseBytes: 0, detectionTimeouts: 0 };
    slot.cells.set(key, cell);
    this.#series.set(key, slots + 1);
    this.#cells += 1;
    while (this.#cells > this.#limits.maxCells && this.#slots.length > 1) this.#drop();
    return cell;
  }

  #slot(): Slot {
    const { slotMs } = this.#limits;
    const startMs = Math.floor(this.#clock.nowMs() / slotMs) * slotMs;
    const last = this.#slots.at(-1);
    // A clock that was set back goes on in the slot that is there.
    if (last !== undefined && last.startMs >= startMs) return last;
    this.#forget();
    const slot: Slot = { startMs, cells: new Map() };
    this.#slots.push(slot);
    return slot;
  }

  #forget(): void {
    const { windowMs, slotMs } = this.#limits;
    const oldestMs = this.#clock.nowMs() - windowMs - slotMs;
    while (this.#slots[0] !== undefined && this.#slots[0].startMs < oldestMs) this.#drop();
  }

  #drop(): void {
    const slot = this.#slots.shift();
    if (slot === undefined) return;
    this.#cells -= slot.cells.size;
    for (const key of slot.cells.keys()) {
      const slots = (this.#series.get(key) ?? 1) - 1;
      if (slots === 0) this.#series.delete(key);
      else this.#series.set(key, slots);
    }
  }
}

function addOutcome(outcomes: Map<string, Outcome>, { status, reason, grpcStatus, count }: Outcome): void {
  const kept = outcomes.size < MAX_OUTCOMES || outcomes.has(`${status} ${grpcStatus} ${reason}`);
  const entry = kept ? { status, reason, grpcStatus } : { status: status - (status % 100), reason: OTHER, grpcStatus: -1 };
  const key = `${entry.status} ${entry.grpcStatus} ${entry.reason}`;
  const known = outcomes.get(key);
  if (known === undefined) outcomes.set(key, { ...entry, count });
  else known.count += count;
}
