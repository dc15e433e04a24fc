/** `apps/v1`; the core group has no slash: `v1`. */
export function formatApiVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `apps/v1` → group `apps`, version `v1`; `v1` → the core group. Null when it is neither. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } | null {
  const parts = apiVersion.split("/");
  const [first = "", second] = parts;
  if (first === "" || parts.length > 2 || second === "") return null;
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}
