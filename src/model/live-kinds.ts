import type { KindDescriptor } from "./kind.ts";
import { createKindRegistry, type KindRegistry } from "./registry.ts";

/** A registry whose kinds come and go: `all` is another array after each change, and every search sees the kinds of now. */
export interface LiveKinds extends KindRegistry {
  /** Puts `more` beside the fixed kinds, in place of what stood there before. */
  replace(more: readonly KindDescriptor[]): void;
}

/** `fixed` is always there, and wins where two kinds share a word. */
export function createLiveKinds(fixed: KindRegistry): LiveKinds {
  let now = fixed;
  return {
    get all() {
      return now.all;
    },
    byResource: (group, version, plural) => now.byResource(group, version, plural),
    byKind: (apiVersion, kind) => now.byKind(apiVersion, kind),
    resolve: (word) => now.resolve(word),
    category: (word) => now.category(word),
    suggest: (word) => now.suggest(word),
    replace(more) {
      now = more.length === 0 ? fixed : createKindRegistry([...fixed.all, ...more]);
    },
  };
}
