import { isIP } from "node:net";
import * as z from "zod";
import type { Violation } from "../../lib/errors.ts";
import type { KindDescriptor } from "../kind.ts";
import type { KubeObject } from "../object.ts";

const objectReference = z.strictObject({
  kind: z.string().optional().describe("Kind of the object."),
  namespace: z.string().optional().describe("Its namespace."),
  name: z.string().optional().describe("Its name."),
  uid: z.string().optional().describe("Its uid."),
  apiVersion: z.string().optional().describe("Its version."),
  resourceVersion: z.string().optional().describe("Its state."),
  fieldPath: z.string().optional().describe("A part of it."),
});

const endpoint = z.strictObject({
  addresses: z.array(z.string()).min(1).max(100).describe("Addresses of one endpoint; the first is used."),
  conditions: z
    .strictObject({
      ready: z.boolean().optional().describe("Takes new requests; absent means yes."),
      serving: z.boolean().optional().describe("Answers, even while it terminates."),
      terminating: z.boolean().optional().describe("Is shutting down."),
    })
    .optional()
    .describe("Its state."),
  hostname: z.string().optional().describe("Host name of its own under a headless service."),
  targetRef: objectReference.optional().describe("What it is: a Pod, a Workload."),
  nodeName: z.string().optional().describe("Where it runs."),
  zone: z.string().optional().describe("Zone it runs in."),
  hints: z
    .strictObject({
      forZones: z
        .array(z.strictObject({ name: z.string().describe("Zone.") }))
        .max(8)
        .optional()
        .describe("Zones that should use it."),
      forNodes: z
        .array(z.strictObject({ name: z.string().describe("Node.") }))
        .max(8)
        .optional()
        .describe("Nodes that should use it."),
    })
    .optional()
    .describe("Who should prefer it."),
  deprecatedTopology: z.record(z.string(), z.string()).optional().describe("Of the v1beta1 API."),
});

/** discovery.k8s.io/v1 EndpointSlice. `addressType`, `endpoints` and `ports` stand at the top, without a spec. */
export const endpointSliceSchema = z.strictObject({
  addressType: z.enum(["IPv4", "IPv6", "FQDN"]).describe("What kind all addresses are."),
  endpoints: z.array(endpoint).max(1000).default([]).describe("Who serves."),
  ports: z
    .array(
      z.strictObject({
        name: z.string().max(63).default("").describe("Name of the Service's port."),
        protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP").describe("Transport protocol."),
        port: z.int().min(1).max(65535).optional().describe("Port at every address; absent: all ports."),
        appProtocol: z.string().max(253).optional().describe("What is spoken on it."),
      }),
    )
    .max(100)
    .default([])
    .describe("Ports of every endpoint in this slice."),
});

export interface EndpointSlice extends KubeObject {
  addressType: "IPv4" | "IPv6" | "FQDN";
  endpoints: z.output<typeof endpoint>[];
  ports: z.output<typeof endpointSliceSchema>["ports"];
}

function validateEndpointSlice(object: KubeObject): readonly Violation[] {
  const { addressType, endpoints } = object as EndpointSlice;
  const found: Violation[] = [];
  if (addressType === "FQDN") return found;
  const wanted = addressType === "IPv4" ? 4 : 6;
  for (const [index, { addresses }] of endpoints.entries()) {
    for (const [position, address] of addresses.entries()) {
      if (isIP(address) !== wanted) {
        found.push({ path: `endpoints[${index}].addresses[${position}]`, message: `"${address}" is not an ${addressType} address` });
      }
    }
  }
  return found;
}

export const endpointSliceKind = Object.freeze({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  singular: "endpointslice",
  namespaced: true,
  schema: endpointSliceSchema,
  status: false,
  validate: validateEndpointSlice,
  description: "Some of the endpoints of one Service, bound to it by the label kubernetes.io/service-name.",
  columns: [
    { name: "AddressType", type: "string", jsonPath: ".addressType", description: "What kind all addresses are." },
    { name: "Ports", type: "string", jsonPath: ".ports[*].port", description: "Ports of every endpoint." },
    { name: "Endpoints", type: "string", jsonPath: ".endpoints[*].addresses[*]", description: "Addresses." },
  ],
} as const satisfies KindDescriptor);
