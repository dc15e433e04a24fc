import { Socket } from "node:net";

/** Where `net` keeps what its `onread` option sets (Node 12 to 24); the option is for sockets one connects oneself. */
export interface ReadSlots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/** Null on a Node that keeps them elsewhere: then reads arrive as `data`. */
export const readSlots: ReadSlots | null = findSlots();

function findSlots(): ReadSlots | null {
  const found = Object.getOwnPropertySymbols(new Socket());
  const named = (name: string) => found.find((symbol) => symbol.description === name);
  const [buffer, callback, generator] = [named("kBuffer"), named("kBufferCb"), named("kBufferGen")];
  return buffer === undefined || callback === undefined || generator === undefined ? null : { buffer, callback, generator };
}
