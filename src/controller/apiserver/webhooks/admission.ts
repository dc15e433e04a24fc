import type { KubeObject } from "../../../model/object.ts";
import { ask, type CallContext } from "./call.ts";
import { MUTATING, VALIDATING, type Webhook, webhooksOf } from "./configuration.ts";
import { type ChangedObject, wantedVersion } from "./matching.ts";

/** Whether any webhook may want to hear of writes to the resource: mostly there is none, and writes go straight on. */
export function anyWebhook({ store, request }: Pick<CallContext, "store" | "request">): boolean {
  const wants = (webhook: Webhook): boolean =>
    (webhook.rules ?? []).some(({ apiGroups = [], resources = [] }) => {
      const named = resources.some((entry) => entry.startsWith("*") || entry.split("/", 1)[0] === request.kind.plural);
      return named && (apiGroups.includes("*") || apiGroups.includes(request.kind.group));
    });
  // Otherwise nobody could take a broken webhook away.
  if (request.kind.group === "admissionregistration.k8s.io") return false;
  return webhooksOf(store, MUTATING).some(wants) || webhooksOf(store, VALIDATING).some(wants);
}

/**
 * Mutating webhooks one after the other; one that asked for it hears again of what others changed after it. Resolves
 * with the object they came to. Throws the first refusal.
 */
export async function mutate(context: CallContext, change: ChangedObject): Promise<KubeObject | null> {
  const webhooks = webhooksOf(context.store, MUTATING);
  let after = change.after;
  const seenBy = new Map<Webhook, string>();
  for (const webhook of webhooks) {
    after = await ask(context, webhook, { ...change, after }, true);
    if (webhook.reinvocationPolicy === "IfNeeded") seenBy.set(webhook, JSON.stringify(after));
  }
  for (const [webhook, seen] of seenBy) {
    if (seen !== JSON.stringify(after)) after = await ask(context, webhook, { ...change, after }, true);
  }
  return after;
}

/** Validating webhooks, all at once. Throws the refusal of the first of them that refuses. */
export async function validate(context: CallContext, change: ChangedObject): Promise<void> {
  const wanted = webhooksOf(context.store, VALIDATING).filter(
    (webhook) => wantedVersion(context.store, webhook, context.request, change) !== null,
  );
  const answers = await Promise.allSettled(wanted.map((webhook) => ask(context, webhook, change, false)));
  for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
}
