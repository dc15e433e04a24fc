import { isAbsolute, join } from "node:path";
import { parse, stringify } from "yaml";
import { UserError } from "../lib/errors.ts";

/** Where one mesh is and how to prove who asks. File paths are absolute, or relative to the state directory. */
export interface MeshContext {
  readonly name: string;
  readonly platform: "local" | "kubernetes";
  /** `https://host:port` of the resource and controller API. */
  readonly server: string;
  /** PEM file of the roots the server's certificate must chain to. Exactly one of this and the next. */
  readonly certificateAuthority?: string;
  /** The same roots, as PEM text. */
  readonly certificateAuthorityData?: string;
  /** File with the bearer token. */
  readonly tokenFile?: string;
  /** Used where `--namespace` is not given; `default` when absent. */
  readonly namespace?: string;
}

/** `config.yaml` of the state directory. */
export interface ContextsFile {
  readonly currentContext: string | null;
  readonly contexts: readonly MeshContext[];
}

export const NO_CONTEXTS: ContextsFile = Object.freeze({ currentContext: null, contexts: [] });

/** Reads the text of `config.yaml`; `path` is for messages. Throws {@link UserError} when it is not such a file. */
export function parseContexts(text: string, path: string): ContextsFile {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw notContexts(path, firstLine(error));
  }
  if (value === null || value === undefined) return NO_CONTEXTS;
  if (typeof value !== "object" || Array.isArray(value)) throw notContexts(path, "it is not a mapping");
  const { currentContext = null, contexts = [] } = value as { currentContext?: unknown; contexts?: unknown };
  if (currentContext !== null && typeof currentContext !== "string") throw notContexts(path, "currentContext is not a name");
  if (!Array.isArray(contexts)) throw notContexts(path, "contexts is not a list");
  return { currentContext, contexts: contexts.map((entry, index) => parseContext(entry, path, index)) };
}

export function formatContexts(file: ContextsFile): string {
  return stringify({ currentContext: file.currentContext, contexts: file.contexts });
}

/** The file with `context` in the place of the one of that name, and as the current one. */
export function withContext(file: ContextsFile, context: MeshContext): ContextsFile {
  return { currentContext: context.name, contexts: [...file.contexts.filter(({ name }) => name !== context.name), context] };
}

/** The file without the context `name`; the current one falls back to the first that is left. */
export function withoutContext(file: ContextsFile, name: string): ContextsFile {
  const contexts = file.contexts.filter((context) => context.name !== name);
  const current = file.currentContext === name ? (contexts[0]?.name ?? null) : file.currentContext;
  return { currentContext: current, contexts };
}

/** A path of a context as an absolute one. */
export function contextPath(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, path);
}

const TEXT_FIELDS = ["name", "server", "certificateAuthority", "certificateAuthorityData", "tokenFile", "namespace"] as const;

function parseContext(entry: unknown, path: string, index: number): MeshContext {
  const where = `contexts[${index}]`;
  if (typeof entry !== "object" || entry === null) throw notContexts(path, `${where} is not a mapping`);
  const fields = entry as Record<string, unknown>;
  for (const field of TEXT_FIELDS) {
    if (fields[field] !== undefined && typeof fields[field] !== "string") throw notContexts(path, `${where}.${field} is not text`);
  }
  const { name, server, platform = "local" } = fields;
  if (!name) throw notContexts(path, `${where}.name is missing`);
  if (typeof server !== "string" || !server.startsWith("https://")) throw notContexts(path, `${where}.server is not an https:// address`);
  if (platform !== "local" && platform !== "kubernetes") throw notContexts(path, `${where}.platform is neither local nor kubernetes`);
  return { ...(fields as unknown as MeshContext), platform };
}

function notContexts(path: string, reason: string): UserError {
  return new UserError(`${path} cannot be read as a list of contexts: ${reason}`, {
    hint: "Mend the file, or move it away and run `meshctl install --local` to have it written again.",
  });
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
