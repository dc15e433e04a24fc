import type { ReceivedResource } from "../../discovery/client/contract.ts";

/** Applied resources as received: what is saved, and shown by /config. */
export class ResourceCache {
  readonly #byType = new Map<string, Map<string, ReceivedResource>>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  set(typeUrl: string, resource: ReceivedResource): void {
    let resources = this.#byType.get(typeUrl);
    if (resources === undefined) this.#byType.set(typeUrl, (resources = new Map()));
    resources.set(resource.name, resource);
    this.#changed();
  }

  delete(typeUrl: string, name: string): void {
    if (this.#byType.get(typeUrl)?.delete(name)) this.#changed();
  }

  get(typeUrl: string, name: string): ReceivedResource | undefined {
    return this.#byType.get(typeUrl)?.get(name);
  }

  *entries(): Generator<readonly [typeUrl: string, resource: ReceivedResource]> {
    for (const [typeUrl, resources] of this.#byType) for (const resource of resources.values()) yield [typeUrl, resource];
  }
}
