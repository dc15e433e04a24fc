import * as z from "zod";
import type { Violation } from "../../lib/errors.ts";
import { conditionSchema } from "../conditions.ts";
import type { KindDescriptor } from "../kind.ts";
import { dnsLabel, intOrString, labelValue, portNumber } from "../names.ts";
import type { KubeObject } from "../object.ts";

const transport = z.enum(["TCP", "UDP", "SCTP"]);
const ipFamily = z.enum(["IPv4", "IPv6"]);

const servicePort = z.strictObject({
  name: dnsLabel.optional().describe("Required where there are several ports."),
  protocol: transport.default("TCP").describe("Transport protocol. The mesh carries TCP; the others pass beside it."),
  appProtocol: z.string().max(253).optional().describe("What is spoken on the port: http, tcp, grpc, kubernetes.io/h2c."),
  port: portNumber.describe("Port clients use."),
  targetPort: intOrString.optional().describe("Number or name of the port on the workload; the same number when absent."),
  nodePort: z.int().min(0).max(65535).optional().describe("Port on every node; not used by the mesh."),
});

/** Kubernetes Service, every field of v1. The mesh acts on `ports`, `selector` and its name; the rest is kept for the cluster. */
export const serviceSchema = z.strictObject({
  spec: z
    .strictObject({
      ports: z.array(servicePort).max(100).optional().describe("What the service offers."),
      selector: z.record(z.string(), labelValue).optional().describe("Labels of the pods that serve it."),
      type: z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]).default("ClusterIP").describe("How a cluster exposes it."),
      clusterIP: z.string().optional().describe("Virtual address; None: headless."),
      clusterIPs: z.array(z.string()).max(2).optional().describe("Virtual addresses, one per family."),
      externalIPs: z.array(z.string()).max(64).optional().describe("Further addresses that lead to it."),
      externalName: z.string().max(253).optional().describe("Host name a service of type ExternalName stands for."),
      externalTrafficPolicy: z.enum(["Cluster", "Local"]).optional().describe("Whether outside traffic stays on its node."),
      internalTrafficPolicy: z.enum(["Cluster", "Local"]).optional().describe("Whether inside traffic stays on its node."),
      trafficDistribution: z.string().max(64).optional().describe("Preference among endpoints: PreferClose."),
      sessionAffinity: z.enum(["None", "ClientIP"]).default("None").describe("Whether a client stays on one endpoint."),
      sessionAffinityConfig: z
        .strictObject({
          clientIP: z
            .strictObject({ timeoutSeconds: z.int().min(1).max(86400).optional().describe("How long.") })
            .optional()
            .describe("By client address."),
        })
        .optional()
        .describe("Details of the affinity."),
      ipFamilies: z.array(ipFamily).max(2).optional().describe("Address families."),
      ipFamilyPolicy: z.enum(["SingleStack", "PreferDualStack", "RequireDualStack"]).optional().describe("How many families."),
      healthCheckNodePort: z.int().min(0).max(65535).optional().describe("Port for a cloud balancer's health check."),
      publishNotReadyAddresses: z.boolean().optional().describe("Endpoints count before they are ready."),
      allocateLoadBalancerNodePorts: z.boolean().optional().describe("Whether a balancer needs node ports."),
      loadBalancerClass: z.string().max(253).optional().describe("Which balancer implementation."),
      loadBalancerIP: z.string().optional().describe("Asked address; deprecated in Kubernetes."),
      loadBalancerSourceRanges: z.array(z.string()).max(256).optional().describe("Client ranges a cloud balancer lets in."),
    })
    .describe("What is wanted."),
  status: z
    .strictObject({
      loadBalancer: z
        .strictObject({
          ingress: z
            .array(
              z.strictObject({
                ip: z.string().optional().describe("Address."),
                hostname: z.string().optional().describe("Name."),
                ipMode: z.string().optional().describe("VIP or Proxy."),
                ports: z
                  .array(
                    z.strictObject({
                      port: portNumber.describe("Port."),
                      protocol: transport.describe("Transport protocol."),
                      error: z.string().optional().describe("Why it does not work."),
                    }),
                  )
                  .max(100)
                  .optional()
                  .describe("State of each port."),
              }),
            )
            .max(64)
            .optional()
            .describe("Points of entry."),
        })
        .optional()
        .describe("State of a cloud balancer."),
      conditions: z.array(conditionSchema).max(16).optional().describe("Judgements about the service."),
    })
    .optional()
    .describe("What is."),
});

export type ServiceSpec = z.output<typeof serviceSchema>["spec"];
export type Service = KubeObject<ServiceSpec, z.output<typeof serviceSchema>["status"]>;

/** Rules of Kubernetes that the schema cannot say. */
function validateService(object: KubeObject): readonly Violation[] {
  const { ports = [], type, externalName } = (object as Service).spec as ServiceSpec;
  const found: Violation[] = [];
  if (type === "ExternalName" && !externalName) found.push({ path: "spec.externalName", message: "is required for type ExternalName" });
  if (type !== "ExternalName" && ports.length === 0 && (object as Service).spec?.clusterIP !== "None") {
    found.push({ path: "spec.ports", message: "must have at least 1 entry" });
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    if (port.name === undefined && ports.length > 1) {
      found.push({ path: `spec.ports[${index}].name`, message: "is required where there are several ports" });
    } else if (port.name !== undefined && names.has(port.name)) {
      found.push({ path: `spec.ports[${index}].name`, message: `"${port.name}" stands there twice` });
    }
    if (port.name !== undefined) names.add(port.name);
    const number = `${port.protocol} ${port.port}`;
    if (numbers.has(number)) found.push({ path: `spec.ports[${index}].port`, message: `${number} stands there twice` });
    numbers.add(number);
    if (typeof port.targetPort === "number" && (port.targetPort < 1 || port.targetPort > 65535)) {
      found.push({ path: `spec.ports[${index}].targetPort`, message: "must be at least 1 and at most 65535" });
    }
  }
  return found;
}

export const serviceKind = Object.freeze({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  schema: serviceSchema,
  status: true,
  validate: validateService,
  description: "A name and ports that clients call; traffic to it follows its routes and policies.",
  columns: [
    { name: "Type", type: "string", jsonPath: ".spec.type", description: "How a cluster exposes it." },
    { name: "Cluster-IP", type: "string", jsonPath: ".spec.clusterIP", description: "Virtual address." },
    { name: "Ports", type: "string", jsonPath: ".spec.ports[*].port", description: "Ports clients use." },
    { name: "Protocol", type: "string", jsonPath: ".spec.ports[*].appProtocol", priority: 1, description: "What is spoken on each port." },
    { name: "Selector", type: "string", jsonPath: ".spec.selector", priority: 1, description: "Labels of the pods that serve it." },
  ],
} as const satisfies KindDescriptor);
