import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { type Service, serviceKind } from "../../model/kinds/service.ts";
import { type Workload, workloadKind } from "../../model/kinds/workload.ts";
import { allKinds } from "../../policies/kinds.ts";
import { WORKLOAD_LABEL } from "../../local/run/workload.ts";
import { whatExists } from "../split/backends.ts";
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

/** The parts of a fault that only requests have. */
export interface AskedOfTcp {
  /** Whether a status is to be answered. */
  readonly status: boolean;
  /** Options about requests that were given: `--path`. */
  readonly filters: readonly string[];
}

/** What may happen to a connection: a delay before it is opened, a reset (docs/tcp.md). */
function requireTcpFault(name: string, { status, filters }: AskedOfTcp): void {
  const words = `service ${name} speaks TCP`;
  if (filters.length > 0) {
    throw new UserError(`${words}: its connections have no requests that ${filters.join(", ")} could match`, {
      hint: "Leave that out: the fault is then for every connection, or with --from for those of one caller.",
      exitCode: EXIT.REFUSED,
    });
  }
  if (!status) return;
  throw new UserError(`${words}: a connection cannot be answered with a status`, {
    hint:
      `Reset its connections with \`meshctl fault abort ${name} --reset\`, or hold them before they are opened with ` +
      `\`meshctl fault delay ${name} --delay 200ms\`.`,
    exitCode: EXIT.REFUSED,
  });
}

/** Refuses a target that does not exist, and what cannot happen to the connections of a TCP service. */
export async function requireTarget(client: KubeClient, target: FaultTarget, namespace: string, asked: AskedOfTcp): Promise<void> {
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
    if (ports.length > 0 && ports.every(({ appProtocol }) => appProtocol === "tcp")) requireTcpFault(target.name, asked);
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
