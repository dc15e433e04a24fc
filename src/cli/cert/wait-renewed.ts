import { API, type IssuedCertificate } from "../../api/contract.ts";
import type { Context } from "../context.ts";
import { sleepUnless } from "../wait.ts";

const POLL_MS = 250;

/** One instance's change of certificate. `after` is null while it has not come. */
export interface Renewal {
  /** `namespace/instance`. */
  readonly instance: string;
  readonly before: IssuedCertificate | null;
  readonly after: IssuedCertificate | null;
}

/** The current certificate of each instance. */
export async function currentCertificates(context: Context): Promise<ReadonlyMap<string, IssuedCertificate>> {
  const issued = await (await context.client()).request<IssuedCertificate[]>("GET", API.ISSUED);
  return new Map(issued.filter(({ state, instance }) => state === "current" && instance !== "").map((one) => [one.instance, one]));
}

/**
 * Waits until every instance has a certificate for which `isNew` holds, at most `limitMs`, telling `tell` each
 * time another has come. Whoever has none at the end is in the result with `after` null.
 */
export async function waitRenewed(
  context: Context,
  instances: readonly string[],
  before: ReadonlyMap<string, IssuedCertificate>,
  isNew: (certificate: IssuedCertificate) => boolean,
  limitMs: number,
  tell: (renewed: readonly Renewal[]) => void,
): Promise<{ readonly renewals: readonly Renewal[]; readonly interrupted: boolean }> {
  const signal = context.interrupts.takeOver();
  const endMs = context.clock.monotonicMs() + limitMs;
  let done = -1;
  for (;;) {
    const now = await currentCertificates(context);
    const renewals = instances.map((instance) => {
      const found = now.get(instance);
      return { instance, before: before.get(instance) ?? null, after: found !== undefined && isNew(found) ? found : null };
    });
    const renewed = renewals.filter(({ after }) => after !== null);
    if (renewed.length > done) tell(renewed);
    done = renewed.length;
    const leftMs = endMs - context.clock.monotonicMs();
    if (done === instances.length || leftMs <= 0) return { renewals, interrupted: false };
    if (await sleepUnless(signal, context.clock, Math.min(POLL_MS, leftMs))) return { renewals, interrupted: true };
  }
}
