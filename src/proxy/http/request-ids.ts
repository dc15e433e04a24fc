import type { Random } from "../../lib/random.ts";

/** Ids of requests that came without one: unique in the mesh, cheap, and in the order of arrival at one proxy. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random) {
    this.#prefix = `${part(random)}${part(random)}-`;
  }

  next(): string {
    this.#count += 1;
    return this.#prefix + this.#count.toString(36);
  }
}

function part(random: Random): string {
  return Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}
