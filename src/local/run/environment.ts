import type { RunPlan } from "./plan.ts";

/** Where the sidecar listens for its own application. */
export interface SidecarPorts {
  /** In the order of the plan's distinct application ports. */
  readonly inbound: readonly number[];
  /** In the order of the plan's upstreams. */
  readonly upstreams: readonly number[];
  readonly outbound: number;
  readonly admin: number;
}

/**
 * Environment of the command: the caller's, with where to listen and whom to call. The proxy variables are
 * written in both spellings because curl reads only the lower-case http_proxy and others only the upper.
 */
export function commandEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  plan: RunPlan,
  ports: SidecarPorts,
): Record<string, string | undefined> {
  const proxy = `http://127.0.0.1:${ports.outbound}`;
  const direct = ["localhost", "127.0.0.1", "::1"];
  const noProxy = [
    ...new Set([...direct, ...(base.no_proxy ?? base.NO_PROXY ?? "").split(",").filter((entry) => entry.trim() !== "")]),
  ].join(",");
  const upstreams = plan.upstreams.map(({ variable }, index) => [variable, `127.0.0.1:${ports.upstreams[index]}`]);
  return {
    ...base,
    ...(plan.port === null ? {} : { PORT: String(plan.port) }),
    MESHCTL_NAMESPACE: plan.namespace,
    MESHCTL_WORKLOAD: plan.name,
    ...(plan.version === undefined ? {} : { MESHCTL_VERSION: plan.version }),
    http_proxy: proxy,
    HTTP_PROXY: proxy,
    no_proxy: noProxy,
    NO_PROXY: noProxy,
    ...(Object.fromEntries(upstreams) as Record<string, string>),
  };
}
