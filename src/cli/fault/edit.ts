import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { keyOf } from "../../model/object.ts";
import { allKinds } from "../../policies/kinds.ts";
import { sameJson } from "../apply/merge.ts";
import type { Change } from "../apply/plan.ts";
import { resolveKind } from "../resources/select.ts";
import { store } from "../resources/store.ts";
import { faultsOf, rulesOf } from "./rules.ts";
import type { FaultTarget } from "./target.ts";
import type { FaultInjection, Faults } from "./types.ts";

export function faultKind(): KindDescriptor {
  return resolveKind("faultinjections.meshctl.dev", allKinds());
}

/** What of the faults of a target is to change. */
export interface FaultEdit {
  /** Takes the place of the delay, of the abort, or of both. */
  readonly faults: Faults;
  /** RFC 3339; absent: as it was. */
  readonly expiresAt?: string;
}

/** Merges `edit` into the one FaultInjection of `target`; what has expired is forgotten. */
export async function editFault(
  client: KubeClient,
  target: FaultTarget,
  namespace: string,
  edit: FaultEdit,
  nowMs: number,
  dryRun: boolean,
): Promise<{ object: FaultInjection; change: Change }> {
  const kind = faultKind();
  const standing = (await faultsOn(client, target, namespace)).filter((fault) => isInForce(fault, nowMs));
  const other = standing.find(({ metadata }) => metadata.name !== target.faultName);
  if (other) {
    throw new UserError(`FaultInjection ${keyOf(other)} stands on ${target.words} already`, {
      hint: `Only one can act. Edit it with \`meshctl apply\`, or end it with \`meshctl fault clear\`.`,
      exitCode: EXIT.REFUSED,
    });
  }
  const all = (await client.list<FaultInjection>(kind, { namespace })).items;
  const existing = all.find(({ metadata }) => metadata.name === target.faultName) ?? null;
  const kept = existing !== null && isInForce(existing, nowMs) ? keptFaults(existing) : {};
  const expiresAt = edit.expiresAt ?? (existing !== null && isInForce(existing, nowMs) ? existing.spec?.expiresAt : undefined);
  const wanted: FaultInjection = {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "FaultInjection",
    metadata: existing?.metadata ?? { name: target.faultName, namespace },
    spec: { ...target.attachment, rules: rulesOf({ ...kept, ...edit.faults }), ...(expiresAt === undefined ? {} : { expiresAt }) },
  };
  return store(client, kind, existing, wanted, dryRun);
}

/** Every FaultInjection that is put on exactly this target. */
export async function faultsOn(client: KubeClient, target: FaultTarget, namespace: string): Promise<FaultInjection[]> {
  const { items } = await client.list<FaultInjection>(faultKind(), { namespace });
  return items.filter(({ spec = {} }) => {
    if (target.attachment.selector) return sameJson(spec.selector?.matchLabels, target.attachment.selector.matchLabels);
    return (spec.targetRefs ?? []).some(({ kind, name }) => kind === target.kind && name === target.name);
  });
}

function isInForce({ spec }: FaultInjection, nowMs: number): boolean {
  return spec?.expiresAt === undefined || Date.parse(spec.expiresAt) > nowMs;
}

function keptFaults(existing: FaultInjection): Faults {
  const faults = faultsOf(existing.spec?.rules ?? []);
  if (faults !== null && (existing.spec?.targetRefs ?? []).length <= 1) return faults;
  throw new UserError(`FaultInjection ${keyOf(existing)} says more than these commands write; it is left as it is`, {
    hint: "Change it with `meshctl apply -f`, or end it with `meshctl fault clear`.",
    exitCode: EXIT.REFUSED,
  });
}
