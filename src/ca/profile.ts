import { UserError } from "../lib/errors.ts";

const DAY_MS = 24 * 3_600_000;

/** How long certificates live; scaled down as a whole in tests. Milliseconds. */
export interface Lifetimes {
  readonly leafMs: number;
  readonly issuerMs: number;
  readonly rootMs: number;
  /** Longest life an administrator may ask for with `cert issue`. */
  readonly maxClientMs: number;
  /** Certificates begin this much before they are made: clocks differ. */
  readonly backdateMs: number;
}

/** Design section 7. */
export const DEFAULT_LIFETIMES: Lifetimes = Object.freeze({
  leafMs: DAY_MS,
  issuerMs: 365 * DAY_MS,
  rootMs: 3650 * DAY_MS,
  maxClientMs: DAY_MS,
  backdateMs: 60_000,
});

/** Shorter leaves could not be renewed in time even on a quick machine. */
export const MIN_LEAF_MS = 5_000;

/** Part of its life after which an issuer is replaced, and a leaf renewed. */
export const RENEW_AT = 0.5;

/** Throws when a certificate of one floor could not outlive those of the floor below it. */
export function checkLifetimes(lifetimes: Lifetimes): Lifetimes {
  const { leafMs, issuerMs, rootMs, maxClientMs } = lifetimes;
  if (leafMs < MIN_LEAF_MS) throw new UserError(`certificate lifetimes: a leaf must live at least ${MIN_LEAF_MS / 1000} s`);
  if (issuerMs * RENEW_AT < Math.max(leafMs, maxClientMs)) {
    throw new UserError("certificate lifetimes: an issuer must live at least twice as long as what it signs", {
      hint: "It is replaced at half its life, and what it signed must end before it does.",
    });
  }
  if (rootMs < 2 * issuerMs) throw new UserError("certificate lifetimes: the root must live at least twice as long as an issuer");
  return lifetimes;
}
