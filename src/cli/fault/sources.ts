import type { KubeClient } from "../../kube/contract.ts";
import { UserError } from "../../lib/errors.ts";
import { type Workload, workloadKind } from "../../model/kinds/workload.ts";
import { whatExists } from "../split/backends.ts";
import type { FaultSource } from "./types.ts";

/**
 * `--from web` names a workload; rules hold its service account, which others may share: `notes` say so.
 * `namespace/web` is one of another namespace.
 */
export async function resolveSources(
  client: KubeClient,
  names: readonly string[],
  namespace: string,
): Promise<{ from: FaultSource[]; notes: string[] }> {
  const from: FaultSource[] = [];
  const notes: string[] = [];
  for (const name of names) {
    const slash = name.indexOf("/");
    const [own, workload] = slash < 0 ? [namespace, name] : [name.slice(0, slash), name.slice(slash + 1)];
    const { items } = await client.list<Workload>(workloadKind, { namespace: own });
    const found = items.find(({ spec, metadata }) => spec?.workload === workload || metadata.name === workload);
    if (!found?.spec) {
      const existing = [...new Set(items.map(({ spec, metadata }) => spec?.workload ?? metadata.name))];
      throw new UserError(`--from: there is no workload ${workload} in namespace ${own}`, {
        hint: whatExists("workload", workload, existing),
      });
    }
    const { serviceAccount } = found.spec;
    from.push({ ...(own === namespace ? {} : { namespace: own }), serviceAccount });
    const sharing = items.filter(({ spec }) => spec?.serviceAccount === serviceAccount && spec.workload !== found.spec?.workload);
    const others = [...new Set(sharing.map(({ spec }) => spec?.workload ?? ""))];
    if (others.length > 0)
      notes.push(`Note: --from ${name} means service account ${own}/${serviceAccount}, which ${others.join(", ")} also has.`);
  }
  return { from, notes };
}
