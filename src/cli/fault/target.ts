import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { type Service, serviceKind } from "../../model/kinds/service.ts";
import { type Workload, workloadKind } from "../../model/kinds/workload.ts";
import { allKinds } from "../../policies/kinds.ts";
import { WORKLOAD_LABEL } from "../../local/run/workload.ts";
import { requireHttp, whatExists } from "../split/backends.ts";
import { resolveKind } from "../resources/select.ts";
import type { FaultSpec } from "./types.ts";

/** What a fault is put on. */
export interface FaultTarget {
  readonly kind: "Service" | "HTTPRoute" | "Workload";
  readonly name: string;
  /** `service api` */
  readonly words: string;
  /** Name of the FaultInjection that these commands keep for it. */
  readonly faultName: string;
  /** `targetRefs` or `selector` of that object. */
  readonly attachment: Pick<FaultSpec, "targetRefs" | "selector">;
}

const PREFIXES: Readonly<Record<string, FaultTarget["kind"]>> = {
  svc: "Service",
  service: "Service",
  services: "Service",
  httproute: "HTTPRoute",
  httproutes: "HTTPRoute",
  workload: "Workload",
  workloads: "Workload",
  wl: "Workload",
};

/** `api` and `svc/api` are a service, `httproute/x` a route, `workload/x` the instances of a workload. */
export function parseTarget(text: string): FaultTarget {
  const [first = "", second, ...rest] = text.split("/");
  const kind = second === undefined ? "Service" : PREFIXES[first.toLowerCase()];
  const name = second ?? first;
  if (kind === undefined || name === "" || rest.length > 0) {
    throw new UserError(`"${text}" is not a target`, {
      hint: "Write SERVICE, svc/NAME, httproute/NAME or workload/NAME.",
      exitCode: EXIT.USAGE,
    });
  }
  switch (kind) {
    case "Service":
      return { kind, name, words: `service ${name}`, faultName: `${name}-fault`, attachment: { targetRefs: [{ group: "", kind, name }] } };
    case "HTTPRoute":
      return {
        kind,
        name,
        words: `HTTPRoute ${name}`,
        faultName: `httproute-${name}-fault`,
        attachment: { targetRefs: [{ group: "gateway.networking.k8s.io", kind, name }] },
      };
    case "Workload":
      return {
        kind,
        name,
        words: `workload ${name}`,
        faultName: `workload-${name}-fault`,
        attachment: { selector: { matchLabels: { [WORKLOAD_LABEL]: name } } },
      };
  }
}

/** Refuses a target that does not exist, and a service without requests to break. */
export async function requireTarget(client: KubeClient, target: FaultTarget, namespace: string): Promise<void> {
  if (target.kind === "Service") {
    const { items } = await client.list<Service>(serviceKind, { namespace });
    const service = items.find(({ metadata }) => metadata.name === target.name);
    if (!service)
      throw missing(
        target,
        namespace,
        items.map(({ metadata }) => metadata.name),
      );
    const ports = service.spec?.ports ?? [];
    if (ports.length > 0 && ports.every(({ appProtocol }) => appProtocol === "tcp")) requireHttp(service, ports[0] ?? { port: 0 });
    return;
  }
  if (target.kind === "HTTPRoute") {
    const { items } = await client.list(resolveKind("httproutes.gateway.networking.k8s.io", allKinds()), { namespace });
    if (!items.some(({ metadata }) => metadata.name === target.name))
      throw missing(
        target,
        namespace,
        items.map(({ metadata }) => metadata.name),
      );
    return;
  }
  const { items } = await client.list<Workload>(workloadKind, { namespace });
  if (!items.some(({ spec }) => spec?.workload === target.name)) {
    throw missing(target, namespace, [...new Set(items.map(({ spec, metadata }) => spec?.workload ?? metadata.name))]);
  }
}

function missing(target: FaultTarget, namespace: string, names: readonly string[]): UserError {
  return new UserError(`there is no ${target.words} in namespace ${namespace}`, { hint: whatExists(target.kind, target.name, names) });
}
