import { isIP } from "node:net";
import { Environment } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import { isCidr } from "../schema/formats.ts";
import { Quantity, parseQuantity } from "./quantity.ts";

/** Holder of `sets.contains(…)` and its like. */
class Sets {
  readonly name = "sets";
}

/**
 * What rules may use: standard CEL and, of the libraries API servers add, strings, lists, regular expressions, sets,
 * URLs, IP addresses and quantities (https://kubernetes.io/docs/reference/using-api/cel/). Frozen once made.
 */
export function ruleEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerVariable("self", "dyn")
    .registerVariable("oldSelf", "dyn");
  environment.registerType("Quantity", Quantity);
  environment.registerType("SetsNamespace", Sets);
  environment.registerConstant("sets", "SetsNamespace", new Sets());
  for (const [signature, handler] of FUNCTIONS) environment.registerFunction(signature, handler);
  return environment;
}

/** Method under which {@link FUNCTIONS} has `matches`: the library's own runs backtracking expressions. */
export const LINEAR_MATCHES = "matchesInLinearTime";

type Handler = (...values: never[]) => unknown;
const text = (handler: (receiver: string, ...values: string[]) => unknown): Handler => handler as Handler;
const list = (handler: (receiver: readonly unknown[], other: unknown) => unknown): Handler => handler as Handler;
const quantities = (handler: (receiver: Quantity, other: Quantity) => unknown): Handler => handler as Handler;

const FUNCTIONS: readonly (readonly [string, Handler])[] = [
  [`string.${LINEAR_MATCHES}(string): bool`, text((value, pattern = "") => RE2JS.compile(pattern).matcher(value).find())],
  ["string.find(string): string", text((value, pattern = "") => findAll(value, pattern)[0] ?? "")],
  ["string.findAll(string): list<string>", text((value, pattern = "") => findAll(value, pattern))],
  ["string.replace(string, string): string", text((value, from = "", to = "") => value.replaceAll(from, () => to))],
  ["string.charAt(int): string", ((value: string, index: bigint) => value[Number(index)] ?? "") as Handler],
  ["list.isSorted(): bool", list((values) => values.every((value, index) => index === 0 || !lessThan(value, values[index - 1])))],
  ["list.sum(): dyn", list(sum)],
  ["list.min(): dyn", list((values) => extreme(values, lessThan))],
  ["list.max(): dyn", list((values) => extreme(values, (left, right) => lessThan(right, left)))],
  ["list.indexOf(dyn): int", list((values, wanted) => BigInt(values.indexOf(wanted)))],
  ["list.lastIndexOf(dyn): int", list((values, wanted) => BigInt(values.lastIndexOf(wanted)))],
  ["SetsNamespace.contains(list, list): bool", ((_sets: Sets, all: unknown[], some: unknown[]) => contains(all, some)) as Handler],
  [
    "SetsNamespace.equivalent(list, list): bool",
    ((_sets: Sets, left: unknown[], right: unknown[]) => contains(left, right) && contains(right, left)) as Handler,
  ],
  [
    "SetsNamespace.intersects(list, list): bool",
    ((_sets: Sets, left: unknown[], right: unknown[]) => right.some((value) => left.includes(value))) as Handler,
  ],
  ["isURL(string): bool", text((value) => URL.canParse(value) || value.startsWith("/"))],
  ["isIP(string): bool", text((value) => isIP(value) !== 0)],
  ["isCIDR(string): bool", text(isCidr)],
  ["isQuantity(string): bool", text((value) => parseQuantity(value) !== null)],
  ["quantity(string): Quantity", text(quantityOf)],
  ["Quantity.isGreaterThan(Quantity): bool", quantities((left, right) => left.value > right.value)],
  ["Quantity.isLessThan(Quantity): bool", quantities((left, right) => left.value < right.value)],
  ["Quantity.compareTo(Quantity): int", quantities((left, right) => BigInt(Math.sign(left.value - right.value)))],
];

function quantityOf(text: string): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === null) throw new Error(`"${text}" is not a quantity`);
  return quantity;
}

/** Finds one evaluation may collect. */
const MAX_FINDS = 10_000;

function findAll(value: string, pattern: string): string[] {
  const matcher = RE2JS.compile(pattern).matcher(value);
  const found: string[] = [];
  while (found.length < MAX_FINDS && matcher.find()) found.push(matcher.group() ?? "");
  return found;
}

function lessThan(left: unknown, right: unknown): boolean {
  return (left as number) < (right as number);
}

function sum(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first === "number") return values.reduce((total: number, value) => total + Number(value), 0);
  return values.reduce((total: bigint, value) => total + BigInt(value as bigint), 0n);
}

function extreme(values: readonly unknown[], better: (left: unknown, right: unknown) => boolean): unknown {
  if (values.length === 0) throw new Error("an empty list has no least and no greatest element");
  return values.reduce((best, value) => (better(value, best) ? value : best));
}

function contains(all: readonly unknown[], some: readonly unknown[]): boolean {
  return some.every((value) => all.includes(value));
}
