interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** A quarter of a second of a surge, as the caller saw it. */
export interface Slot {
  readonly due: number;
  readonly ok: number;
  readonly shed: number;
  readonly other: number;
  readonly broken: number;
  /** Waited 3 s at the caller for a connection. */
  readonly gaveUp: number;
  readonly open: number;
  readonly okMs: Quantiles;
  readonly shedMs: Quantiles;
  /** Since it left the caller: what the proxies are responsible for. */
  readonly shedSentMs: Quantiles;
}

/** Several slots together. Quantiles are the worst slot's. */
export interface Answers {
  readonly seconds: number;
  readonly due: number;
  readonly ok: number;
  readonly shed: number;
  /** Answered with anything else. */
  readonly other: number;
  readonly broken: number;
  readonly gaveUp: number;
  readonly open: number;
  readonly okP99Ms: number | null;
  readonly shedP50Ms: number | null;
  readonly shedP99Ms: number | null;
  readonly shedMaxMs: number | null;
  readonly shedSentMaxMs: number | null;
}

export function summed(slots: readonly Slot[], slotMs = 250): Answers {
  const sum = (of: (slot: Slot) => number): number => slots.reduce((total, slot) => total + of(slot), 0);
  const worst = (of: (slot: Slot) => number | null): number | null => {
    const values = slots.map(of).filter((value) => value !== null);
    return values.length === 0 ? null : Math.max(...values);
  };
  return {
    seconds: (slots.length * slotMs) / 1_000,
    due: sum(({ due }) => due),
    ok: sum(({ ok }) => ok),
    shed: sum(({ shed }) => shed),
    other: sum(({ other }) => other),
    broken: sum(({ broken }) => broken),
    gaveUp: sum(({ gaveUp }) => gaveUp),
    open: worst(({ open }) => open) ?? 0,
    okP99Ms: worst(({ okMs }) => okMs.p99),
    shedP50Ms: worst(({ shedMs }) => shedMs.p50),
    shedP99Ms: worst(({ shedMs }) => shedMs.p99),
    shedMaxMs: worst(({ shedMs }) => shedMs.max),
    shedSentMaxMs: worst(({ shedSentMs }) => shedSentMs.max),
  };
}
