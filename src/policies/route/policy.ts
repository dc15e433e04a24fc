import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import type { HTTPRoute } from "./http-route.ts";
import { httpRouteSchema } from "./schema.ts";
import { unsupportedFeatures } from "./unsupported.ts";
import { validateHTTPRoute } from "./validate.ts";

export const httpRouteKind = Object.freeze({
  group: "gateway.networking.k8s.io",
  version: "v1",
  alsoServed: ["v1beta1"],
  kind: "HTTPRoute",
  plural: "httproutes",
  singular: "httproute",
  categories: ["gateway-api", "mesh"],
  namespaced: true,
  schema: httpRouteSchema,
  status: true,
  validate: validateHTTPRoute,
  warnings: (object: KubeObject) => unsupportedFeatures(object as HTTPRoute),
  description: "Sends HTTP requests for a Service to backends by path, headers, method and weight.",
  columns: [
    { name: "Parents", type: "string", jsonPath: ".spec.parentRefs[*].name", description: "What it is attached to." },
    { name: "Backends", type: "string", jsonPath: ".spec.rules[*].backendRefs[*].name", description: "Where its rules send." },
    { name: "Weights", type: "string", jsonPath: ".spec.rules[*].backendRefs[*].weight", description: "Shares of the backends." },
    { name: "Hostnames", type: "string", jsonPath: ".spec.hostnames", priority: 1, description: "Hosts it is for." },
    {
      name: "Accepted",
      type: "string",
      jsonPath: ".status.parents[*].conditions[?(@.type=='Accepted')].status",
      priority: 1,
      description: "Whether each parent took it.",
    },
  ],
} as const satisfies KindDescriptor);
