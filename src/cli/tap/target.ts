import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { serviceKind } from "../../model/kinds/service.ts";
import { type Workload, workloadKind } from "../../model/kinds/workload.ts";
import { whatExists } from "../split/backends.ts";

/** What to tap; `kind` is its name in the query. */
export interface TapTarget {
  readonly kind: "service" | "workload";
  readonly name: string;
  readonly namespace: string;
  /** `service default/api` */
  readonly words: string;
  /** Said before the tap: the other thing that the name could mean. */
  readonly note?: string;
}

const PREFIXES: Readonly<Record<string, TapTarget["kind"]>> = {
  svc: "service",
  service: "service",
  services: "service",
  workload: "workload",
  workloads: "workload",
  wl: "workload",
};

/** A bare name is a service where there is one, else a workload. Throws with what exists. */
export async function findTapTarget(client: KubeClient, text: string, namespace: string): Promise<TapTarget> {
  const [first = "", second, ...rest] = text.split("/");
  const kind = second === undefined ? undefined : PREFIXES[first.toLowerCase()];
  const name = second ?? first;
  if (name === "" || rest.length > 0 || (second !== undefined && kind === undefined)) {
    throw new UserError(`"${text}" is nothing to tap`, { hint: "Write NAME, svc/NAME or workload/NAME.", exitCode: EXIT.USAGE });
  }
  const services = kind === "workload" ? [] : (await client.list(serviceKind, { namespace })).items.map(({ metadata }) => metadata.name);
  const workloads = kind === "service" ? [] : await workloadNames(client, namespace);
  if (services.includes(name)) {
    const both = workloads.includes(name);
    const note = `Only requests to the service ${name}; for what the workload ${name} sends: meshctl tap workload/${name}`;
    return { kind: "service", name, namespace, words: `service ${namespace}/${name}`, ...(both ? { note } : {}) };
  }
  if (workloads.includes(name)) return { kind: "workload", name, namespace, words: `workload ${namespace}/${name}` };
  const what = kind ?? "service or workload";
  throw new UserError(`there is no ${what} ${name} in namespace ${namespace}`, {
    hint: whatExists(what, name, [...new Set([...services, ...workloads])]),
  });
}

/** Refuses a filter by a workload (`web`, `shop/web`) that is not there: it could never match. */
export async function requireWorkload(client: KubeClient, option: string, text: string | undefined, namespace: string): Promise<void> {
  if (text === undefined) return;
  const [first = "", second] = text.split("/");
  const [own, name] = second === undefined ? [namespace, first] : [first, second];
  const names = await workloadNames(client, own);
  if (names.includes(name)) return;
  throw new UserError(`${option}: there is no workload ${name} in namespace ${own}`, {
    hint: whatExists("workload", name, [...new Set(names)]),
    exitCode: EXIT.USAGE,
  });
}

async function workloadNames(client: KubeClient, namespace: string): Promise<string[]> {
  const { items } = await client.list<Workload>(workloadKind, { namespace });
  return items.flatMap(({ metadata, spec }) => [metadata.name, spec?.workload ?? metadata.name]);
}
