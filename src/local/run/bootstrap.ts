import type { Bootstrap } from "../../messages/bootstrap.ts";
import type { MeshFacts } from "./controller-client.ts";
import type { RunPlan } from "./plan.ts";
import { inboundAppPorts } from "./workload.ts";

export interface BootstrapInput {
  readonly facts: MeshFacts;
  readonly joinToken: string;
  /** `https://host:port` of the controller. */
  readonly server: string;
  /** Directory in memory; null: this process keeps what the sidecar saves. */
  readonly savedDir: string | null;
  readonly logLevel: Bootstrap["logLevel"];
}

/** The first message to the sidecar. Every port is 0, so that it picks them, except where the user named an upstream's. */
export function bootstrapOf(plan: RunPlan, { facts, joinToken, server, savedDir, logLevel }: BootstrapInput): Bootstrap {
  const { host, hostname } = new URL(server);
  const protocols = new Map(plan.services.map(({ appPort, protocol }) => [appPort, protocol]));
  return {
    kind: "bootstrap",
    instance: plan.instance,
    namespace: plan.namespace,
    workload: plan.name,
    serviceAccount: plan.serviceAccount,
    trustDomain: facts.trustDomain,
    trustBundle: facts.trustBundle,
    joinToken,
    controller: { discovery: `${hostname}:${facts.discoveryPort}`, https: host },
    inbound: inboundAppPorts(plan).map((appPort) => ({
      appPort,
      protocol: protocols.get(appPort) ?? "http",
      listenPort: 0,
      address: "127.0.0.1",
    })),
    upstreams: plan.upstreams.map(({ destination, localPort }) => ({ destination, listenPort: localPort })),
    outboundPort: 0,
    adminPort: 0,
    savedDir,
    logLevel,
    drainMs: plan.drainMs,
    concurrency: plan.concurrency,
    limits: plan.limits,
  };
}
