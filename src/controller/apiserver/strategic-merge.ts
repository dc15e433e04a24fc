import { isDeepStrictEqual } from "node:util";
import { DEDUCED, fieldTopology, type Topology } from "./fields/topology.ts";
import { isPlainObject } from "./merge-patch.ts";
import { badRequest } from "./status.ts";

const ORDER = "$setElementOrder/";
const DELETE_VALUES = "$deleteFromPrimitiveList/";

/**
 * Kubernetes' strategic merge patch, which kubectl chooses for the kinds it was compiled with: objects are merged, null
 * removes, lists with a merge key (`topology`) are merged by it, lists of values united where it says so, other lists are replaced.
 * Directives: `$patch: replace | delete | merge`, `$retainKeys`, `$setElementOrder/LIST`, `$deleteFromPrimitiveList/LIST`.
 * Neither argument is changed. Throws 400 for patches that mean nothing.
 */
export function applyStrategicMergePatch(target: unknown, patch: unknown, topology: Topology, at = ""): unknown {
  if (!isPlainObject(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === "replace") return fields;
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw badRequest(`${at || "the patch"}: $patch must be replace, merge or delete, not ${JSON.stringify(directive)}`);
  if (topology.patchReplaces === true && directive === undefined) return fields;
  const result = new Map(isPlainObject(target) ? Object.entries(target) : []);
  if (retained !== undefined) retainKeys(result, retained, fields, at);
  const live = new Map(result);
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(DELETE_VALUES)) removeValues(result, key.slice(DELETE_VALUES.length), value, at);
    else if (key.startsWith(ORDER)) continue;
    else if (value === null) result.delete(key);
    else result.set(key, mergeField(result.get(key), value, fieldTopology(topology, key).topology, `${at}.${key}`));
  }
  for (const [key, order] of Object.entries(fields)) {
    if (!key.startsWith(ORDER)) continue;
    const name = key.slice(ORDER.length);
    setOrder(result, live.get(name), name, order, fieldTopology(topology, name).topology, at);
  }
  return Object.fromEntries(result);
}

function retainKeys(result: Map<string, unknown>, retained: unknown, fields: object, at: string): void {
  if (!Array.isArray(retained)) throw badRequest(`${at}: $retainKeys must be a list`);
  for (const [key, value] of Object.entries(fields)) {
    if (value !== null && !key.startsWith("$") && !retained.includes(key))
      throw badRequest(`${at}: the patch has ${key}, which its $retainKeys lacks`);
  }
  for (const key of result.keys()) if (!retained.includes(key)) result.delete(key);
}

function mergeField(target: unknown, patch: unknown, topology: Topology, at: string): unknown {
  if (!Array.isArray(patch)) return applyStrategicMergePatch(target, patch, topology, at);
  const { patchKey, elements = DEDUCED } = topology;
  const old: readonly unknown[] = Array.isArray(target) ? target : [];
  if (patchKey === null) return [...new Set([...old, ...patch])];
  return patchKey === undefined ? withoutDirectives(patch) : mergeElements(old, patch, patchKey, elements, at);
}

/** A list that is replaced may say so. */
function withoutDirectives(patch: readonly unknown[]): unknown[] {
  return patch.filter((element) => !isReplaceDirective(element));
}

function mergeElements(old: readonly unknown[], patch: readonly unknown[], mergeKey: string, elements: Topology, at: string): unknown[] {
  let result = patch.some(isReplaceDirective) ? [] : [...old];
  for (const element of patch) {
    if (!isPlainObject(element)) throw badRequest(`${at}: the elements of this list are objects`);
    if (isReplaceDirective(element)) continue;
    const identity = element[mergeKey];
    if (identity === undefined) throw badRequest(`${at}: an element of the patch has no ${mergeKey}`);
    const same = (candidate: unknown): boolean => isPlainObject(candidate) && isDeepStrictEqual(candidate[mergeKey], identity);
    const index = result.findIndex(same);
    if (element.$patch === "delete") result = result.filter((candidate) => !same(candidate));
    else if (index < 0) result.push(applyStrategicMergePatch({}, element, elements, at));
    else result[index] = applyStrategicMergePatch(result[index], element, elements, at);
  }
  return result;
}

function isReplaceDirective(element: unknown): boolean {
  return isPlainObject(element) && element.$patch === "replace" && Object.keys(element).length === 1;
}

function removeValues(result: Map<string, unknown>, key: string, values: unknown, at: string): void {
  if (!Array.isArray(values)) throw badRequest(`${at}: ${DELETE_VALUES}${key} must be a list`);
  const list = result.get(key);
  if (!Array.isArray(list)) return;
  result.set(
    key,
    list.filter((value) => !values.includes(value)),
  );
}

/**
 * Elements in the order that is set; each of those it does not name goes before the first one that stood behind it in the
 * live list.
 */
function setOrder(result: Map<string, unknown>, live: unknown, key: string, order: unknown, { patchKey }: Topology, at: string): void {
  if (!Array.isArray(order)) throw badRequest(`${at}: ${ORDER}${key} must be a list`);
  const list = result.get(key);
  if (!Array.isArray(list)) return;
  const identify = (element: unknown): unknown => (typeof patchKey === "string" && isPlainObject(element) ? element[patchKey] : element);
  const wanted = order.map(identify);
  const liveOrder = Array.isArray(live) ? live.map(identify) : [];
  const named = list.filter((element) => wanted.includes(identify(element)));
  const ordered = named.toSorted((left, right) => wanted.indexOf(identify(left)) - wanted.indexOf(identify(right)));
  let from = 0;
  for (const element of list.filter((candidate) => !wanted.includes(identify(candidate)))) {
    const place = liveOrder.indexOf(identify(element));
    const behind = ordered.findIndex((other, index) => index >= from && liveOrder.indexOf(identify(other)) > place);
    const index = behind < 0 ? ordered.length : behind;
    ordered.splice(index, 0, element);
    from = index + 1;
  }
  result.set(key, ordered);
}
