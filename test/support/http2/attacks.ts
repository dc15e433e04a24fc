/** The attacks of promise S3 on a server of HTTP/2, as frames. Zero windows, which take time, stand for themselves. */
import { setImmediate as turn } from "node:timers/promises";
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  HEADERS,
  OPEN,
  PING,
  PRIORITY,
  RST_STREAM,
  block,
  frame,
  headers,
  settings,
  uint32,
} from "../../unit/proxy/http2/frames.ts";
import type { Http2Peer } from "./peer.ts";

export interface Attack {
  readonly name: string;
  /** Why the connection is cut: the debug data of GOAWAY. */
  readonly code: string;
  /** The frames of one step, from 0. */
  frames(step: number): readonly Buffer[];
}

const PATH = "/bytes/100000";
const GET = [":method", "GET", ":scheme", "http", ":authority", "victim", ":path", PATH] as const;
const POST = [":method", "POST", ":scheme", "http", ":authority", "victim", ":path", "/echo"] as const;
const CANCEL = uint32(8);
const id = (step: number): number => step * 2 + 1;

/** A name and a value of 4,000 bytes for the table, and then that entry ten thousand times. */
const BOMB = Buffer.concat([
  block(GET),
  Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]),
  Buffer.alloc(4_000, 0x61),
  Buffer.alloc(10_000, 0xbe),
]);

export const ATTACKS: readonly Attack[] = [
  {
    name: "rapid reset (CVE-2023-44487)",
    code: "rapid-reset",
    frames: (step) => [headers(id(step), GET), frame(RST_STREAM, 0, id(step), CANCEL)],
  },
  {
    name: "MadeYouReset (CVE-2025-8671)",
    code: "made-you-reset",
    frames: (step) => [headers(id(step), GET), frame(DATA, 0, id(step), "a")],
  },
  {
    name: "CONTINUATION flood (VU#421644)",
    code: "continuation-flood",
    frames: (step) => [step === 0 ? frame(HEADERS, END_STREAM, 1, block(GET)) : frame(CONTINUATION, 0, 1, Buffer.from([0x82]))],
  },
  { name: "SETTINGS flood (CVE-2019-9515)", code: "settings-flood", frames: () => [settings(3, 100)] },
  { name: "PING flood (CVE-2019-9512)", code: "ping-flood", frames: (step) => [frame(PING, 0, 0, uint32(0, step))] },
  {
    name: "empty DATA flood (CVE-2019-9518)",
    code: "empty-data-flood",
    frames: (step) => [step === 0 ? headers(1, POST, OPEN) : frame(DATA, 0, 1)],
  },
  {
    name: "priority flood (CVE-2019-9513)",
    code: "priority-flood",
    frames: (step) => [frame(PRIORITY, 0, id(step), Buffer.alloc(5))],
  },
  { name: "HPACK bomb (CVE-2016-6581)", code: "hpack-bomb", frames: (step) => [frame(HEADERS, END_HEADERS | END_STREAM, id(step), BOMB)] },
];

/** How many frames were sent, and how long it took, until the attacker was told that it is cut. */
export async function attack(peer: Http2Peer, { frames }: Attack, mostFrames: number): Promise<{ frames: number; ms: number }> {
  const began = performance.now();
  let sent = 0;
  for (let step = 0; sent < mostFrames && peer.goaway === null && !peer.closed; step += 1) {
    const parts = frames(step);
    sent += parts.length;
    peer.send(...parts);
    if (step % 25 === 24) await turn();
  }
  await peer.until("the attacker is cut", ({ goaway }) => goaway !== null);
  return { frames: sent, ms: performance.now() - began };
}
