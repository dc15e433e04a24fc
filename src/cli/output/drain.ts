import type { Writer } from "../invocation.ts";

/** Resolves when the reader has caught up: whoever prints without end waits for it, so that nothing piles up here. */
export function drained(stream: Writer): Promise<void> {
  if (!stream.writableNeedDrain || !stream.once) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once?.("drain", () => resolve());
  });
}
