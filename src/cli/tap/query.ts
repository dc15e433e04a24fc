import type { TapOptions } from "../commands/tap.ts";
import type { TapTarget } from "./target.ts";

/** The query string of a tap (`TapQuery` of src/api/contract.ts). */
export function tapQuery(target: TapTarget, options: TapOptions): URLSearchParams {
  const query = new URLSearchParams({ namespace: target.namespace, [target.kind]: target.name });
  const { method, path, authority, status, from, to, direction, reason } = options;
  for (const [name, value] of Object.entries({ method, path, authority, status, from, to, direction, reason })) {
    if (value !== undefined) query.set(name, value);
  }
  for (const { name, value } of options.header ?? []) query.append("header", `${name}:${value}`);
  query.set("maxPerSecond", String(options.rate));
  return query;
}
