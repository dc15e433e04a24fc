import * as z from "zod";
import { conditionsSchema } from "../../model/conditions.ts";
import { dnsLabel, dnsSubdomain, portNumber } from "../../model/names.ts";
import type { KubeObject } from "../../model/object.ts";
import { duration } from "../kit/duration-schema.ts";
import { routeMatchSchema } from "../kit/match-schema.ts";
import { filterSchema } from "./filter-schema.ts";
import { backendReferenceFields } from "./reference-schema.ts";

const group = z.string().max(253);
const kindName = z.string().min(1).max(63);
const sectionName = dnsSubdomain;
/** A DNS name, or one with `*` as its first label. */
const hostname = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'must be a host name, or one that begins with "*."');

const parentRef = z.strictObject({
  group: group.default("gateway.networking.k8s.io").describe('"" for a Service.'),
  kind: kindName.default("Gateway").describe("Service in the mesh, Gateway at its edge."),
  namespace: dnsLabel.optional().describe("The route's own when absent; another one makes it a consumer route."),
  name: z.string().min(1).max(253).describe("Name of the parent."),
  sectionName: sectionName.optional().describe("Port name of a Service, listener of a Gateway."),
  port: portNumber.optional().describe("Port of a Service, or of listeners of a Gateway."),
});

const backendRef = z.strictObject({
  ...backendReferenceFields,
  weight: z.int().min(0).max(1_000_000).default(1).describe("Share: weight over the sum of weights."),
  filters: z.array(filterSchema).max(16).optional().describe("Changes to what goes to this backend only."),
});

const rule = z.strictObject({
  name: sectionName.optional().describe("Name of the rule, for policies that target it."),
  matches: z
    .array(routeMatchSchema)
    .max(64)
    .default([{ path: { type: "PathPrefix", value: "/" } }])
    .describe("Requests of this rule: any of these."),
  filters: z.array(filterSchema).max(16).optional().describe("Changes to requests and responses."),
  backendRefs: z.array(backendRef).max(16).optional().describe("Where requests go, by weight."),
  timeouts: z
    .strictObject({
      request: duration.optional().describe("For the whole request, tries included; 0s: none."),
      backendRequest: duration.optional().describe("For one try; 0s: none."),
    })
    .optional()
    .describe("Deadlines."),
  retry: z
    .strictObject({
      codes: z.array(z.int().min(400).max(599)).max(200).optional().describe("Statuses that are tried again."),
      attempts: z.int().min(0).max(1000).optional().describe("Tries after the first."),
      backoff: duration.optional().describe("Shortest time between two tries."),
    })
    .optional()
    .describe("Further tries."),
  sessionPersistence: z
    .strictObject({
      sessionName: z.string().min(1).max(128).optional().describe("Name of the cookie or header."),
      type: z.enum(["Cookie", "Header"]).default("Cookie").describe("Where the session stands."),
      absoluteTimeout: duration.optional().describe("Longest life of a session."),
      idleTimeout: duration.optional().describe("Life of a session without requests."),
      cookieConfig: z
        .strictObject({
          lifetimeType: z.enum(["Permanent", "Session"]).default("Session").describe("Whether the cookie outlives the browser."),
        })
        .optional()
        .describe("Only for type Cookie."),
    })
    .optional()
    .describe("Keeps a client on one backend."),
});

/** gateway.networking.k8s.io/v1 HTTPRoute: every standard and experimental field of Gateway API v1.6. */
export const httpRouteSchema = z.strictObject({
  spec: z
    .strictObject({
      parentRefs: z.array(parentRef).max(32).optional().describe("What the route is attached to."),
      useDefaultGateways: z.enum(["All", "None"]).optional().describe("Whether default Gateways take it without being named."),
      hostnames: z.array(hostname).max(16).optional().describe("Hosts it is for; of no effect for a Service parent (GEP-1226)."),
      rules: z
        .array(rule)
        .min(1)
        .max(16)
        .default([{ matches: [{ path: { type: "PathPrefix", value: "/" } }] }])
        .describe("The most specific match among all routes of a parent wins."),
    })
    .describe("Which requests go where."),
  status: z
    .strictObject({
      parents: z
        .array(
          z.strictObject({
            parentRef: parentRef.describe("Which of the route's parents."),
            controllerName: z.string().min(1).max(253).describe("Who wrote this entry."),
            conditions: conditionsSchema.optional(),
          }),
        )
        .max(32)
        .default([])
        .describe("What each parent says about the route."),
    })
    .optional()
    .describe("What became of it."),
});

export type HTTPRouteSpec = z.output<typeof httpRouteSchema>["spec"];
export type HTTPRouteRule = HTTPRouteSpec["rules"][number];
export type HTTPRouteStatus = z.output<typeof httpRouteSchema>["status"];
export type HTTPRoute = KubeObject<HTTPRouteSpec, HTTPRouteStatus>;
