/** Whether a series of samples stays where it was: the second fifth of a run beside its last. */
export interface Sample {
  readonly residentBytes: number;
  readonly descriptors: number;
}

export interface Steadiness {
  readonly memory: { readonly second: number; readonly last: number; readonly steady: boolean };
  readonly descriptors: { readonly second: number; readonly last: number; readonly steady: boolean };
}

const MEMORY_RATIO = 1.1;
const DESCRIPTORS = 5;

/** Medians of each fifth: connections come and go all the time. Needs five samples at least. */
export function judge(samples: readonly Sample[]): Steadiness {
  const fifth = Math.floor(samples.length / 5);
  if (fifth === 0) throw new Error(`${samples.length} samples are too few`);
  const second = samples.slice(fifth, 2 * fifth);
  const last = samples.slice(-fifth);
  const memory = { second: median(second.map(bytes)), last: median(last.map(bytes)) };
  const descriptors = { second: median(second.map(open)), last: median(last.map(open)) };
  return {
    memory: { ...memory, steady: memory.last <= MEMORY_RATIO * memory.second },
    descriptors: { ...descriptors, steady: Math.abs(descriptors.last - descriptors.second) <= DESCRIPTORS },
  };
}

const bytes = (sample: Sample): number => sample.residentBytes;
const open = (sample: Sample): number => sample.descriptors;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
