import { sameJson } from "../apply/merge.ts";

import type { FaultCondition, FaultMatch, FaultRule, Faults, FaultSource } from "./types.ts";

/**
 * The rules of a FaultInjection that say what `faults` means. Of its rules the first that matches a request
 * acts, alone; so where delay and abort are for different requests, those that both are for get a rule of
 * their own in front.
 */
export function rulesOf({ delay, abort }: Faults): FaultRule[] {
  if (!delay || !abort) {
    if (delay) return [{ ...conditionFields(delay.on), delay: delay.fault }];
    return abort ? [{ ...conditionFields(abort.on), abort: abort.fault }] : [];
  }
  const both = intersection(delay.on, abort.on);
  const rules: FaultRule[] = both === null ? [] : [{ ...conditionFields(both), delay: delay.fault, abort: abort.fault }];
  // A part that lies wholly within the other needs no rule of its own.
  if (both === null || !sameJson(conditionFields(both), conditionFields(abort.on)))
    rules.push({ ...conditionFields(abort.on), abort: abort.fault });
  if (both === null || !sameJson(conditionFields(both), conditionFields(delay.on)))
    rules.push({ ...conditionFields(delay.on), delay: delay.fault });
  return rules;
}

/** The faults behind rules that {@link rulesOf} made; null for rules that say something else. */
export function faultsOf(rules: readonly FaultRule[]): Faults | null {
  const delayed = rules.findLast((rule) => rule.delay !== undefined);
  const aborted = rules.findLast((rule) => rule.abort !== undefined);
  const faults: Faults = {
    ...(delayed?.delay ? { delay: { fault: delayed.delay, on: conditionOf(delayed) } } : {}),
    ...(aborted?.abort ? { abort: { fault: aborted.abort, on: conditionOf(aborted) } } : {}),
  };
  return sameJson(rulesOf(faults), rules.map(plainRule)) ? faults : null;
}

/** The requests that both conditions hold for; null when there are none. */
function intersection(left: FaultCondition, right: FaultCondition): FaultCondition | null {
  const match = bothMatch(left.match, right.match);
  const from = bothSources(left.from, right.from);
  if (match === null || from === null) return null;
  return { ...(match === undefined ? {} : { match }), ...(from === undefined ? {} : { from }) };
}

function bothMatch(left: FaultMatch | undefined, right: FaultMatch | undefined): FaultMatch | undefined | null {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.method !== undefined && right.method !== undefined && left.method !== right.method) return null;
  const path = bothPaths(left.path?.value, right.path?.value);
  if (path === null) return null;
  const headers = [...(left.headers ?? [])];
  for (const header of right.headers ?? []) {
    const same = headers.find(({ name }) => name === header.name);
    if (same !== undefined && same.value !== header.value) return null;
    if (same === undefined) headers.push(header);
  }
  const method = left.method ?? right.method;
  return {
    ...(path === undefined ? {} : { path: { type: "PathPrefix", value: path } }),
    ...(headers.length === 0 ? {} : { headers }),
    ...(method === undefined ? {} : { method }),
  };
}

/** Of two path prefixes the one within the other. */
function bothPaths(left: string | undefined, right: string | undefined): string | undefined | null {
  if (left === undefined || right === undefined) return left ?? right;
  if (isWithin(left, right)) return left;
  return isWithin(right, left) ? right : null;
}

/** Whole segments count: /items/1 is within /items, /items2 is not. */
function isWithin(inner: string, outer: string): boolean {
  const prefix = outer.replace(/\/+$/, "");
  return inner.replace(/\/+$/, "") === prefix || inner.startsWith(`${prefix}/`);
}

function bothSources(left: FaultSource[] | undefined, right: FaultSource[] | undefined): FaultSource[] | undefined | null {
  if (left === undefined || right === undefined) return left ?? right;
  const both = left.filter((source) => right.some((other) => sameJson(source, other)));
  return both.length === 0 ? null : both;
}

function conditionFields({ match, from }: FaultCondition): FaultRule {
  return { ...(match === undefined ? {} : { matches: [match] }), ...(from === undefined ? {} : { from }) };
}

function conditionOf({ matches, from }: FaultRule): FaultCondition {
  const [match] = matches ?? [];
  return { ...(match === undefined ? {} : { match: plainMatch(match) }), ...(from?.length ? { from } : {}) };
}

/** Without the empty lists and the exact-match types that the API fills in. */
function plainRule({ matches, from, delay, abort }: FaultRule): FaultRule {
  return {
    ...(matches?.length ? { matches: matches.map(plainMatch) } : {}),
    ...(from?.length ? { from } : {}),
    ...(delay ? { delay } : {}),
    ...(abort ? { abort } : {}),
  };
}

function plainMatch({ path, headers, method }: FaultMatch): FaultMatch {
  const everything = path === undefined || ((path.type ?? "PathPrefix") === "PathPrefix" && (path.value ?? "/") === "/");
  return {
    ...(everything ? {} : { path }),
    ...(headers?.length
      ? { headers: headers.map(({ type, ...rest }) => (type === undefined || type === "Exact" ? rest : { type, ...rest })) }
      : {}),
    ...(method === undefined ? {} : { method }),
  };
}
