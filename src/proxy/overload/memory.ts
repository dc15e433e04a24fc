import { getHeapStatistics } from "node:v8";

/** The heap may fill to here: beyond it V8 collects all the time, and then the process ends. */
const HEAP_PART = 0.9;
/** Of what the control group lets the process have; beyond it the kernel ends it. */
const RESIDENT_PART = 0.9;

/** Bytes somebody holds, read when asked. */
export type ByteSource = () => number;

/**
 * How much of its memory the proxy uses, as parts of what it may. Bytes in buffers are counted by who holds
 * them; heap and resident memory are the backstop for everything that nobody counts.
 */
export class Memory {
  readonly #maxBufferedBytes: number;
  readonly #sources: ByteSource[] = [];
  readonly #process: () => number;
  bufferedBytes = 0;

  /** `processPressure`: 1 where the process as a whole should take no more. */
  constructor(maxBufferedBytes: number, processPressure: () => number = processPressureNow) {
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#process = processPressure;
  }

  add(source: ByteSource): void {
    this.#sources.push(source);
  }

  /** 1 at a limit. */
  look(): number {
    let bytes = 0;
    for (const source of this.#sources) bytes += source();
    this.bufferedBytes = bytes;
    return Math.max(bytes / this.#maxBufferedBytes, this.#process());
  }
}

/** Of the control group; asking reads files, and it hardly ever changes. */
const allowed = process.constrainedMemory();

function processPressureNow(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  // Without a control group the figure is 0, absent, or larger than any machine.
  const resident = allowed > 0 && allowed < Number.MAX_SAFE_INTEGER ? process.memoryUsage.rss() / (allowed * RESIDENT_PART) : 0;
  return Math.max(used / (limit * HEAP_PART), resident);
}
