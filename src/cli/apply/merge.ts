/** JSON values, by structure. */
type Json = unknown;
type JsonObject = Record<string, Json>;

/**
 * The JSON merge patch (RFC 7386) that brings `current` to what `desired` says and takes out what
 * `lastApplied` had and `desired` no longer has; fields of others stay. Lists are whole values.
 * `{}` when there is nothing to do.
 */
export function threeWayPatch(lastApplied: Json, desired: JsonObject, current: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [field, value] of Object.entries(desired)) {
    const now = current[field];
    // null in a manifest means: not there.
    if (value === null) {
      if (now !== undefined) patch[field] = null;
    } else if (isObject(value) && isObject(now)) {
      const inner = threeWayPatch(isObject(lastApplied) ? lastApplied[field] : undefined, value, now);
      if (Object.keys(inner).length > 0) patch[field] = inner;
    } else if (!sameJson(value, now)) {
      patch[field] = value;
    }
  }
  if (isObject(lastApplied)) {
    for (const field of Object.keys(lastApplied)) {
      if (!(field in desired) && current[field] !== undefined) patch[field] = null;
    }
  }
  return patch;
}

/** `current` with a JSON merge patch (RFC 7386) applied. */
export function mergePatch(current: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(current) ? { ...current } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/** Equal as JSON; the order of fields does not count, that of lists does. */
export function sameJson(left: Json, right: Json): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left))
    return Array.isArray(right) && left.length === right.length && left.every((item, index) => sameJson(item, right[index]));
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length && names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
  );
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
