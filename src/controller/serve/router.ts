import type { Endpoint } from "../http.ts";

export interface Matched {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

/** No endpoint for the path, or none for the method (then `allowed` says which there are). */
export interface Unmatched {
  readonly allowed: readonly string[];
}

interface Pattern {
  readonly endpoint: Endpoint;
  readonly segments: readonly string[];
  readonly rest: boolean;
}

/** Endpoints by method and path pattern (src/controller/http.ts). The first that fits wins: list exact paths before catch-alls. */
export class Router {
  readonly #patterns: readonly Pattern[];

  constructor(endpoints: readonly Endpoint[]) {
    this.#patterns = endpoints.map((endpoint) => {
      const rest = endpoint.path.endsWith("/*");
      const path = rest ? endpoint.path.slice(0, -2) : endpoint.path;
      return { endpoint, segments: path.split("/").slice(1), rest };
    });
  }

  /** `path` is the target without query, still URL-encoded. */
  match(method: string, path: string): Matched | Unmatched {
    const segments = path.split("/").slice(1);
    const allowed: string[] = [];
    for (const pattern of this.#patterns) {
      const params = fits(pattern, segments);
      if (params === null) continue;
      if (pattern.endpoint.method === "*" || pattern.endpoint.method === method) return { endpoint: pattern.endpoint, params };
      allowed.push(pattern.endpoint.method);
    }
    return { allowed };
  }
}

function fits({ segments, rest }: Pattern, path: readonly string[]): Record<string, string> | null {
  if (rest ? path.length < segments.length : path.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, wanted] of segments.entries()) {
    const found = path[index] ?? "";
    if (!wanted.startsWith(":")) {
      if (wanted !== found) return null;
      continue;
    }
    const value = decode(found);
    if (value === null || value === "") return null;
    params[wanted.slice(1)] = value;
  }
  return params;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
