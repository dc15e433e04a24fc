import type { Subject } from "../access/subject.ts";
import type { ApiContext } from "../context.ts";
import type { Outcome } from "../outcome.ts";
import type { ResourceRequest } from "../request.ts";
import { anyWebhook } from "./admission.ts";
import { guardedStore } from "./guarded-store.ts";

/** Runs a verb with admission webhooks in front of what it writes, and adds their warnings to its outcome. */
export async function throughWebhooks(
  api: ApiContext,
  method: string,
  request: ResourceRequest,
  subject: Subject,
  run: (api: ApiContext) => Promise<Outcome>,
): Promise<Outcome> {
  if (method === "GET" || !anyWebhook({ store: api.store, request })) return run(api);
  const warnings: string[] = [];
  const { clock, uuid, store } = api;
  const guarded = guardedStore(store, method, (dryRun) => ({ store, clock, uuid, subject, request, dryRun, warnings }));
  const outcome = await run({ ...api, store: guarded });
  return outcome.type === "object" && warnings.length > 0 ? { ...outcome, warnings: [...outcome.warnings, ...warnings] } : outcome;
}
