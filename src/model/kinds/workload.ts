import * as z from "zod";
import type { KindDescriptor } from "../kind.ts";
import type { KubeObject } from "../object.ts";

const dnsLabel = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label (RFC 1123)");
const port = z.int().min(1).max(65535);

const servedPort = z.strictObject({
  name: dnsLabel.describe("Service this instance serves, in its own namespace."),
  port: port.describe("Port of that Service."),
  protocol: z.enum(["http", "http2", "grpc", "tcp"]).default("http").describe("What the application speaks on it."),
  appPort: port.describe("Port the application listens on, on the loopback address."),
  inboundPort: port.describe("Port of the sidecar's mutual-TLS listener for it; what callers dial."),
});

/** One instance of a workload on the local platform, registered by `meshctl run` and kept alive by its lease. */
export const workloadSchema = z.strictObject({
  spec: z
    .strictObject({
      workload: dnsLabel.describe("Name the user gave: `meshctl run NAME`."),
      serviceAccount: dnsLabel.describe("Part of the identity: spiffe://<trust-domain>/ns/<namespace>/sa/<serviceAccount>."),
      version: dnsLabel.optional().describe("Version among the instances of its services, for traffic splits."),
      address: z.string().default("127.0.0.1").describe("IP address of the sidecar's inbound listeners."),
      services: z.array(servedPort).max(32).default([]).describe("What it serves; empty for a pure client."),
      upstreams: z
        .array(
          z.strictObject({
            destination: z.string().describe("namespace/service:port"),
            localPort: port.describe("Loopback port of the listener tied to it."),
          }),
        )
        .max(64)
        .default([])
        .describe("Loopback listeners to destinations."),
      proxy: z
        .strictObject({
          adminPort: port.describe("Loopback port of the sidecar's admin endpoint."),
          outboundPort: port.describe("Loopback port of the HTTP proxy listener."),
        })
        .optional()
        .describe("Where the sidecar listens for its own workload."),
      leaseDurationSeconds: z.int().min(2).max(3600).default(8).describe("Not renewed for this long: the instance is gone."),
    })
    .describe("What it is and serves."),
  status: z
    .strictObject({
      renewTime: z.string().optional().describe("RFC 3339; last renewal of the lease."),
      ready: z.array(z.string()).default([]).describe("Names `service:port` that pass their readiness check."),
      pid: z.int().optional().describe("Process id of the application."),
      proxyPid: z.int().optional().describe("Process id of the sidecar."),
      phase: z
        .enum(["Starting", "Running", "Draining", "Lost"])
        .default("Starting")
        .describe("Where it is in its life; Lost, as the controller says, once its lease has ended."),
      message: z.string().optional().describe("Why it is not ready, in words."),
    })
    .optional()
    .describe("How it is."),
});

export type WorkloadSpec = z.output<typeof workloadSchema>["spec"];
export type WorkloadStatus = NonNullable<z.output<typeof workloadSchema>["status"]>;
export type Workload = KubeObject<WorkloadSpec, WorkloadStatus>;

export const workloadKind = Object.freeze({
  group: "meshctl.dev",
  version: "v1alpha1",
  kind: "Workload",
  plural: "workloads",
  singular: "workload",
  shortNames: ["wl"],
  categories: ["mesh"],
  namespaced: true,
  schema: workloadSchema,
  status: true,
  description: "One running instance on the local platform, written by `meshctl run`.",
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase", description: "Where it is in its life." },
    { name: "Ready", type: "string", jsonPath: ".status.ready[*]", description: "Service ports that take traffic." },
    { name: "Version", type: "string", jsonPath: ".spec.version", description: "Version among its services' instances." },
    { name: "Service-Account", type: "string", jsonPath: ".spec.serviceAccount", priority: 1, description: "Identity." },
    { name: "Address", type: "string", jsonPath: ".spec.address", priority: 1, description: "Where its sidecar listens." },
    { name: "Services", type: "string", jsonPath: ".spec.services[*].name", priority: 1, description: "What it serves." },
    {
      name: "Inbound-Ports",
      type: "string",
      jsonPath: ".spec.services[*].inboundPort",
      priority: 1,
      description: "Where its sidecar takes mutual TLS for them, in the same order.",
    },
  ],
} as const satisfies KindDescriptor);
