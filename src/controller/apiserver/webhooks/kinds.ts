import * as z from "zod";
import { BUILT_IN_TABLES } from "../../../model/built-in-tables.ts";
import type { KindDescriptor } from "../../../model/kind.ts";

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional().describe("Labels that must be there."),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: z.array(z.string()).max(256).optional(),
      }),
    )
    .max(64)
    .optional()
    .describe("Further demands."),
});

const rule = z.strictObject({
  operations: z
    .array(z.enum(["CREATE", "UPDATE", "DELETE", "CONNECT", "*"]))
    .min(1)
    .describe("What is done."),
  apiGroups: z.array(z.string()).min(1).describe("Groups; * is all."),
  apiVersions: z.array(z.string()).min(1).describe("Versions; * is all."),
  resources: z.array(z.string()).min(1).describe("pods, pods/status, */scale, *."),
  scope: z.enum(["*", "Cluster", "Namespaced"]).default("*").describe("Where they lie."),
});

const service = z.strictObject({
  namespace: z.string().min(1).describe("Namespace of the Service."),
  name: z.string().min(1).describe("Its name."),
  path: z.string().optional().describe("Path of the URL."),
  port: z.int().min(1).max(65535).default(443).describe("Its port."),
});

const common = {
  name: z.string().min(1).max(253).describe("A DNS name with three parts or more."),
  clientConfig: z
    .strictObject({
      url: z.string().startsWith("https://", "must begin with https://").optional().describe("Where it is."),
      service: service.nullish().describe("Which Service it is behind."),
      caBundle: z.string().nullish().describe("Roots its certificate chains to: PEM, base64."),
    })
    .refine(
      ({ url, service: reference }) => (url === undefined) !== (reference === undefined || reference === null),
      "exactly one of url or service is required",
    )
    .describe("How it is reached."),
  rules: z.array(rule).max(64).nullish().describe("What it wants to hear of."),
  failurePolicy: z.enum(["Fail", "Ignore"]).default("Fail").describe("What its failure means."),
  matchPolicy: z.enum(["Exact", "Equivalent"]).default("Equivalent").describe("Whether other versions of a resource count."),
  namespaceSelector: selector.default({}).describe("Which namespaces."),
  objectSelector: selector.default({}).describe("Which objects."),
  sideEffects: z.enum(["None", "NoneOnDryRun", "Some", "Unknown"]).describe("Whether it may be asked about dry runs."),
  timeoutSeconds: z.int().min(1).max(30).default(10).describe("How long it may take."),
  admissionReviewVersions: z.array(z.string()).min(1).describe("v1 must be among them."),
  matchConditions: z
    .array(z.strictObject({ name: z.string().min(1), expression: z.string().min(1) }))
    .max(64)
    .nullish()
    .describe("CEL expressions that must be true."),
};

const mutating = z.strictObject({
  ...common,
  reinvocationPolicy: z.enum(["Never", "IfNeeded"]).default("Never").describe("Whether it hears again of later changes."),
});

function configuration(kind: string, table: KindDescriptor["table"], webhook: z.ZodType): KindDescriptor {
  return Object.freeze({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    categories: ["api-extensions"],
    namespaced: false,
    schema: z.strictObject({ webhooks: z.array(webhook).max(256).nullish().describe("Who is asked before objects are written.") }),
    status: false,
    description: "Servers that are asked before objects are written.",
    ...(table === undefined ? {} : { table }),
  });
}

const tableOf = (kind: string): KindDescriptor["table"] => BUILT_IN_TABLES[kind];

/** Configurations of admission webhooks, which the server acts on. */
export const WEBHOOK_KINDS: readonly KindDescriptor[] = Object.freeze([
  configuration("MutatingWebhookConfiguration", tableOf("MutatingWebhookConfiguration"), mutating),
  configuration("ValidatingWebhookConfiguration", tableOf("ValidatingWebhookConfiguration"), z.strictObject(common)),
]);
