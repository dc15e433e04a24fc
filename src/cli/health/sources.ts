import { API, type CaStatus, type ProxyStatus, type ServerVersion, STAT_WINDOW_SECONDS, type StatResponse } from "../../api/contract.ts";
import type { FactSources } from "../../check/facts.ts";
import type { MeshContext } from "../../home/contexts.ts";
import { VERSION } from "../../lib/version.ts";
import { type Workload, workloadKind } from "../../model/kinds/workload.ts";
import { isAlive } from "../../local/process.ts";
import type { KubeObject } from "../../model/object.ts";
import { POLICY_KINDS } from "../../policies/kinds.ts";
import type { Context } from "../context.ts";
import { chooseContext } from "../target.ts";

/** The facts of this machine and of the mesh that the context names. `platform` is that of the context, if there is one. */
export async function liveSources(context: Context): Promise<FactSources & { readonly platform: MeshContext["platform"] | undefined }> {
  const chosen = await settle(async () => chooseContext(await context.contexts(), context.globals.context));
  const ask = async <T>(path: string): Promise<T> => (await context.client()).request<T>("GET", path);
  return {
    platform: chosen.ok ? chosen.value.platform : undefined,
    nowMs: context.clock.nowMs(),
    nodeVersion: context.nodeVersion,
    clientVersion: VERSION,
    home: context.home,
    uid: context.uid,
    context() {
      if (chosen.ok) return chosen.value;
      throw chosen.error;
    },
    async reach() {
      await ask(API.TRUST);
    },
    serverVersion: () => ask<ServerVersion>(API.VERSION),
    ca: () => ask<CaStatus>(API.CA),
    proxies: () => ask<ProxyStatus[]>(API.PROXIES),
    workloads: async () => (await (await context.client()).list<Workload>(workloadKind)).items,
    services: async () => (await ask<StatResponse>(`${API.STAT}?kind=service&seconds=${STAT_WINDOW_SECONDS}`)).rows,
    async policies() {
      const client = await context.client();
      const lists = await Promise.all(POLICY_KINDS.map((kind) => client.list<KubeObject>(kind)));
      return lists.flatMap(({ items }) => items);
    },
    isAlive,
  };
}

async function settle<T>(
  make: () => Promise<T>,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }> {
  try {
    return { ok: true, value: await make() };
  } catch (error) {
    return { ok: false, error };
  }
}
