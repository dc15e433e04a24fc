import type { Change, MeshStore } from "../../compile/store.ts";
import type { KindRef, KubeClient } from "../../kube/contract.ts";
import { createInformer, type Informer } from "../../kube/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import type { Logger } from "../../telemetry/log.ts";

export interface SourcesOptions {
  readonly client: KubeClient;
  /** Kinds the store knows. */
  readonly kinds: readonly KindRef[];
  readonly store: MeshStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** After the store has taken a change in. Must not throw. */
  onChange(change: Change): void;
}

export interface Sources {
  /** True once every kind has been listed. */
  readonly synced: boolean;
  /** Resolves when {@link synced}. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Follows every kind the mesh is made of into the store. Connections that break are the informers' affair. */
export function createSources(options: SourcesOptions): Sources {
  const { client, store, clock, random, log } = options;
  const waiting = new Set(options.kinds.map((kind) => kind.kind));
  let announce: () => void = () => {};
  const synced = new Promise<void>((resolve) => {
    announce = resolve;
  });

  const informers = options.kinds.map((kind): Informer<KubeObject> => {
    const informer = createInformer<KubeObject>({
      client,
      kind,
      clock,
      random,
      onEvent({ type, object }) {
        const change = store.apply(kind.kind, keyOf(object), type === "DELETED" ? undefined : object);
        if (change !== null) options.onChange(change);
      },
      onSynced() {
        waiting.delete(kind.kind);
        if (waiting.size === 0) announce();
      },
      onError: (error) => log.warn("a watch is away and will be tried again", { kind: kind.kind, error: messageOf(error) }),
    });
    informer.start();
    return informer;
  });

  return {
    get synced() {
      return waiting.size === 0;
    },
    ready: () => synced,
    async close() {
      await Promise.all(informers.map((informer) => informer.stop()));
    },
  };
}
