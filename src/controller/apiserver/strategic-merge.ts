import { isPlainObject } from "./merge-patch.ts";
import { badRequest } from "./status.ts";

type Path = readonly string[];

/** Field that identifies the elements of a list, where Kubernetes merges that list (`patchMergeKey` of its Go types). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  volumes: "name",
  env: "name",
  resourceClaims: "name",
  schedulingGates: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  hostAliases: "ip",
  podIPs: "ip",
  hostIPs: "ip",
  topologySpreadConstraints: "topologyKey",
  ownerReferences: "uid",
  conditions: "type",
};

/** Lists of plain values that are united instead of replaced. */
const UNITED = new Set(["finalizers"]);

const ORDER = "$setElementOrder/";
const DELETE_VALUES = "$deleteFromPrimitiveList/";

/**
 * Kubernetes' strategic merge patch, which kubectl chooses for the kinds it was compiled with: objects
 * are merged, null removes, lists of named elements are merged by name, other lists are replaced.
 * Directives: `$patch: replace | delete`, `$retainKeys`, `$setElementOrder/LIST`, `$deleteFromPrimitiveList/LIST`.
 * Neither argument is changed.
 */
export function applyStrategicMergePatch(target: unknown, patch: unknown, path: Path = []): unknown {
  if (!isPlainObject(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === "replace") return fields;
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw badRequest(`$patch must be replace, merge or delete, not ${JSON.stringify(directive)}`);
  const result = new Map(isPlainObject(target) ? Object.entries(target) : []);
  if (Array.isArray(retained)) for (const key of result.keys()) if (!retained.includes(key)) result.delete(key);
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(DELETE_VALUES)) removeValues(result, key.slice(DELETE_VALUES.length), value);
    else if (key.startsWith(ORDER)) continue;
    else if (value === null) result.delete(key);
    else result.set(key, mergeField(result.get(key), value, [...path, key]));
  }
  for (const [key, order] of Object.entries(fields)) {
    if (key.startsWith(ORDER)) setOrder(result, key.slice(ORDER.length), order, path);
  }
  return Object.fromEntries(result);
}

function mergeField(target: unknown, patch: unknown, path: Path): unknown {
  if (!Array.isArray(patch)) return applyStrategicMergePatch(target, patch, path);
  const old: readonly unknown[] = Array.isArray(target) ? target : [];
  if (UNITED.has(path.at(-1) ?? "")) return [...new Set([...old, ...patch])];
  const mergeKey = mergeKeyOf(path);
  return mergeKey === null ? patch : mergeElements(old, patch, mergeKey, path);
}

function mergeElements(old: readonly unknown[], patch: readonly unknown[], mergeKey: string, path: Path): unknown[] {
  let result = [...old];
  if (patch.some((element) => isPlainObject(element) && element.$patch === "replace" && Object.keys(element).length === 1)) result = [];
  for (const element of patch) {
    if (!isPlainObject(element)) throw badRequest(`${path.join(".")}: the elements of this list are objects`);
    if (element.$patch === "replace" && Object.keys(element).length === 1) continue;
    const identity = element[mergeKey];
    if (identity === undefined) throw badRequest(`${path.join(".")}: an element of the patch has no ${mergeKey}`);
    const index = result.findIndex((candidate) => isPlainObject(candidate) && candidate[mergeKey] === identity);
    if (element.$patch === "delete") result = result.filter((_, position) => position !== index);
    else if (index < 0) result.push(applyStrategicMergePatch({}, element, path));
    else result[index] = applyStrategicMergePatch(result[index], element, path);
  }
  return result;
}

/** `ports` are containers' ports inside a container and a Service's directly under its spec; elsewhere they are replaced. */
function mergeKeyOf(path: Path): string | null {
  const name = path.at(-1) ?? "";
  if (name === "ports") {
    if (path.some((part) => part.toLowerCase().endsWith("containers"))) return "containerPort";
    return path.length === 2 && path[0] === "spec" ? "port" : null;
  }
  if (name === "secrets" && path.length === 1) return "name";
  if (name === "imagePullSecrets" && path.length > 1) return "name";
  return Object.hasOwn(MERGE_KEYS, name) ? (MERGE_KEYS[name] ?? null) : null;
}

function removeValues(result: Map<string, unknown>, key: string, values: unknown): void {
  const list = result.get(key);
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  result.set(
    key,
    list.filter((value) => !values.includes(value)),
  );
}

/** Elements the order does not name keep their places behind those it does. */
function setOrder(result: Map<string, unknown>, key: string, order: unknown, path: Path): void {
  const list = result.get(key);
  if (!Array.isArray(list) || !Array.isArray(order)) return;
  const mergeKey = mergeKeyOf([...path, key]);
  const identify = (element: unknown): unknown => (mergeKey !== null && isPlainObject(element) ? element[mergeKey] : element);
  const places = new Map(order.map((element, index) => [identify(element), index]));
  const place = (element: unknown): number => places.get(identify(element)) ?? order.length;
  result.set(
    key,
    list.toSorted((left, right) => place(left) - place(right)),
  );
}
