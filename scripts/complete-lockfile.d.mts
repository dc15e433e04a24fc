/** Missing optional packages of a lock, as entries by path. */
export function missingEntries(packages: Record<string, unknown>): Record<string, object>;
export const LOCKS: readonly URL[];
