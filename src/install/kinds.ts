import type { KindDescriptor } from "../model/kind.ts";
import { workloadKind } from "../model/kinds/workload.ts";
import { allKinds } from "../policies/kinds.ts";

/** Our kinds that exist on a cluster: a Workload is what `meshctl run` registers on one machine; pods need none. */
export function clusterKinds(): readonly KindDescriptor[] {
  return allKinds().all.filter((kind) => kind.group === "meshctl.dev" && kind !== workloadKind);
}

/** Kinds of the Gateway API that the controller acts on; their CRDs are not ours to install. */
export function gatewayKinds(): readonly KindDescriptor[] {
  return allKinds().all.filter((kind) => kind.group === "gateway.networking.k8s.io");
}
