/** Who subscribes to a name: what makes the cost of a change follow its subscribers and nothing else. */
export class SubscriberIndex<Stream> {
  readonly #types = new Map<string, Map<string, Set<Stream>>>();

  add(typeUrl: string, name: string, stream: Stream): void {
    let names = this.#types.get(typeUrl);
    if (names === undefined) this.#types.set(typeUrl, (names = new Map()));
    const streams = names.get(name);
    if (streams === undefined) names.set(name, new Set([stream]));
    else streams.add(stream);
  }

  remove(typeUrl: string, name: string, stream: Stream): void {
    const names = this.#types.get(typeUrl);
    const streams = names?.get(name);
    if (names === undefined || streams === undefined) return;
    streams.delete(stream);
    if (streams.size === 0) names.delete(name);
    if (names.size === 0) this.#types.delete(typeUrl);
  }

  has(typeUrl: string, name: string): boolean {
    return this.#types.get(typeUrl)?.has(name) ?? false;
  }

  of(typeUrl: string, name: string): Iterable<Stream> {
    return this.#types.get(typeUrl)?.get(name) ?? [];
  }
}
