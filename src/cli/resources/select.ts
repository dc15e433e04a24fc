import { EXIT, UserError } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { KindRegistry } from "../../model/registry.ts";

/** One kind, and which of its objects: all of them where `names` is null. */
export interface Selection {
  readonly kind: KindDescriptor;
  readonly names: readonly string[] | null;
  /** Where the names are, when it is not where the command works: an object of a file has its own. */
  readonly namespace?: string;
}

/**
 * What the words after get, describe and delete mean: `KIND`, `KIND NAME…`, `KIND,KIND`, `KIND/NAME…`,
 * or a category such as `mesh`.
 */
export function parseSelection(words: readonly string[], kinds: KindRegistry): Selection[] {
  const [first = "", ...names] = words;
  if (words.some((word) => word.includes("/"))) return words.map((word) => parseSlashed(word, kinds));
  const found = first
    .split(",")
    .filter((word) => word !== "")
    .flatMap((word) => resolveKinds(word, kinds));
  if (found.length === 0) throw new UserError("no kind given", { exitCode: EXIT.USAGE, hint: "`meshctl api-resources` lists them." });
  if (names.length > 0 && found.length > 1)
    throw new UserError("names of several kinds at once", { exitCode: EXIT.USAGE, hint: "Write KIND/NAME for each." });
  return found.map((kind) => ({ kind, names: names.length > 0 ? names : null }));
}

/** Whether `kinds` has every kind that the words name. */
export function namesKnown(words: readonly string[], kinds: KindRegistry): boolean {
  const slashed = words.some((word) => word.includes("/"));
  const named = slashed ? words.map((word) => word.split("/", 1)[0] ?? "") : (words[0] ?? "").split(",");
  return named.every((word) => kinds.category(word).length > 0 || kinds.resolve(word) !== undefined);
}

/** The one kind that a word names. */
export function resolveKind(word: string, kinds: KindRegistry): KindDescriptor {
  const kind = kinds.resolve(word);
  if (kind) return kind;
  const meant = kinds.suggest(word);
  throw new UserError(`there is no kind "${word}"`, {
    hint:
      meant === null ? "`meshctl api-resources` lists what exists." : `Did you mean ${meant}? \`meshctl api-resources\` lists what exists.`,
  });
}

function resolveKinds(word: string, kinds: KindRegistry): readonly KindDescriptor[] {
  const category = kinds.category(word);
  return category.length > 0 ? category : [resolveKind(word, kinds)];
}

function parseSlashed(word: string, kinds: KindRegistry): Selection {
  const [kind = "", name = "", ...rest] = word.split("/");
  if (kind === "" || name === "" || rest.length > 0) {
    throw new UserError(`"${word}" is not of the form KIND/NAME`, {
      exitCode: EXIT.USAGE,
      hint: "Either every word is KIND/NAME, or none is.",
    });
  }
  return { kind: resolveKind(kind, kinds), names: [name] };
}
