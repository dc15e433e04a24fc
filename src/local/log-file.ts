import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HomeLayout } from "../home/layout.ts";
import type { Clock } from "../lib/clock.ts";
import { sleep } from "../lib/clock.ts";

const CHUNK_BYTES = 64 * 1024;
/** A log larger than this is moved aside before a program writes to it again; one old one is kept. */
const ROTATE_BYTES = 16 * 1024 * 1024;

/** Log of the sidecar of a workload. */
export function sidecarLog(layout: HomeLayout, namespace: string, name: string): string {
  return join(dirname(layout.controllerLog), `proxy.${namespace}.${name}.log`);
}

/** Opens a log for a program to append to; the caller closes it. */
export function openLog(path: string): number {
  if (logSize(path) > ROTATE_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

export function logSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** The last `lines` lines written at or after byte `from`; empty when there is no log. Reads at most 64 KiB. */
export function logTail(path: string, lines: number, from = 0): readonly string[] {
  const size = logSize(path);
  const start = Math.max(from, size - CHUNK_BYTES);
  const text = readRange(path, start, size).toString("utf8");
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  // The first line may be cut where reading began.
  if (start > from) all.shift();
  return all.slice(-lines);
}

/** What is appended from byte `from` on, until `signal` aborts. A file made shorter or anew is read from its start. */
export async function* followLog(path: string, from: number, clock: Clock, signal: AbortSignal): AsyncIterable<Buffer> {
  let position = from;
  while (!signal.aborted) {
    const size = logSize(path);
    if (size < position) position = 0;
    if (size > position) {
      const chunk = readRange(path, position, Math.min(size, position + CHUNK_BYTES));
      position += chunk.length;
      yield chunk;
    } else await sleep(clock, 200);
  }
}

function readRange(path: string, start: number, end: number): Buffer {
  if (end <= start) return Buffer.alloc(0);
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(Math.min(end, fstatSync(file).size) - start);
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, start));
  } finally {
    closeSync(file);
  }
}
