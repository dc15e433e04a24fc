import * as z from "zod";
import { DNS_LABEL, dnsSubdomain, labelValue } from "../../model/names.ts";

/** Quantities as the Kubernetes API writes them: `100m`, `0.5`, `128Mi`. */
const quantity = z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, "must be a quantity such as 100m, 0.5 or 128Mi");
const prometheusDuration = z.string().regex(/^[0-9]+(ms|s|m|h)$/, "must be a duration such as 30s");
const failurePolicy = z.enum(["Fail", "Ignore"]);

const image = z.strictObject({
  repository: z
    .string()
    .min(1)
    .describe("Registry and name of the image that holds controller, proxy and init program.")
    .default("meshctl/meshctl"),
  tag: z.string().max(128).describe("Tag of the image; empty: the version of the meshctl that installs.").default(""),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/, "must be sha256: and 64 hexadecimal digits")
    .describe("Digest of the image; where given it is used in place of the tag.")
    .default(""),
  pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).describe("When nodes fetch the image.").default("IfNotPresent"),
  pullSecrets: z
    .array(dnsSubdomain.describe("Name of a Secret."))
    .max(8)
    .describe("Secrets of meshctl-system to fetch it with.")
    .default([]),
});

const toleration = z.strictObject({
  key: z.string().optional().describe("Key of the taint; every taint when absent."),
  operator: z.enum(["Exists", "Equal"]).default("Equal").describe("Whether the taint's value counts."),
  value: z.string().optional().describe("Value of the taint."),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().describe("Effect of the taint; any when absent."),
  tolerationSeconds: z.int().min(0).optional().describe("How long a NoExecute taint is borne."),
});

const controller = z.strictObject({
  replicas: z.int().min(1).max(50).describe("Pods of the controller; with autoscaling.enabled the autoscaler says.").default(2),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error"]).describe("What the controller logs.").default("info"),
  resources: z
    .strictObject({
      cpuRequest: quantity.describe("CPU set aside for a pod.").default("100m"),
      memoryRequest: quantity.describe("Memory set aside for a pod.").default("256Mi"),
      memoryLimit: quantity
        .describe("Memory at which a pod is ended. There is no CPU limit: throttling makes every proxy wait.")
        .default("1Gi"),
    })
    .prefault({})
    .describe("What a pod of the controller gets."),
  antiAffinity: z
    .enum(["preferred", "required"])
    .describe("Whether two pods of the controller may stand on one node when there is no other.")
    .default("preferred"),
  spreadOverZones: z.boolean().describe("Spread the pods evenly over zones.").default(false),
  nodeSelector: z.record(z.string(), labelValue.describe("Value of the label.")).describe("Labels of the nodes to run on.").default({}),
  tolerations: z.array(toleration.describe("One taint that is borne.")).max(16).describe("Taints of nodes that are borne.").default([]),
  priorityClassName: z.string().max(253).describe("PriorityClass of the pods; empty: the cluster's default.").default(""),
});

const autoscaling = z.strictObject({
  enabled: z.boolean().describe("Let a HorizontalPodAutoscaler choose the number of pods.").default(false),
  minReplicas: z.int().min(1).max(50).describe("Never fewer pods.").default(3),
  maxReplicas: z.int().min(1).max(50).describe("Never more pods.").default(10),
  targetCpuPercent: z.int().min(10).max(100).describe("CPU use, percent of the request, that is aimed at.").default(70),
});

const disruptionBudget = z.strictObject({
  enabled: z.boolean().describe("Have node drains leave enough pods of the controller.").default(true),
  maxUnavailable: z.int().min(1).max(10).describe("So many pods may be away at once on purpose.").default(1),
});

const monitor = z.strictObject({
  enabled: z.boolean().describe("Make the object; needs the Prometheus operator's kinds in the cluster.").default(false),
  interval: prometheusDuration.describe("How often metrics are read.").default("30s"),
  labels: z.record(z.string(), labelValue.describe("Value of the label.")).describe("Labels by which a Prometheus selects it.").default({}),
});

/** Everything a person may choose about the control plane on a cluster. Strict: unknown fields are violations. */
export const valuesSchema = z.strictObject({
  revision: z
    .string()
    .regex(new RegExp(`^$|${DNS_LABEL.source}`), "must be a DNS label (RFC 1123)")
    .max(32)
    .describe("Name of this control plane when several stand side by side; empty: the default one.")
    .default(""),
  image: image.prefault({}).describe("The container image."),
  controller: controller.prefault({}).describe("The Deployment meshctl-controller."),
  autoscaling: autoscaling.prefault({}).describe("More pods under load, fewer without."),
  disruptionBudget: disruptionBudget.prefault({}).describe("The PodDisruptionBudget."),
  injection: z
    .strictObject({
      failurePolicy: failurePolicy
        .describe(
          "What becomes of new pods of opted-in namespaces while no controller answers: Fail refuses them, Ignore leaves them out of the mesh.",
        )
        .default("Fail"),
      timeoutSeconds: z.int().min(1).max(30).describe("How long the API server waits for the webhook.").default(10),
    })
    .prefault({})
    .describe("The webhook that puts sidecars into new pods."),
  validation: z
    .strictObject({
      failurePolicy: failurePolicy.describe("What becomes of writes of meshctl.dev objects while no controller answers.").default("Fail"),
      timeoutSeconds: z.int().min(1).max(30).describe("How long the API server waits for the webhook.").default(5),
    })
    .prefault({})
    .describe("The webhook that judges objects of meshctl.dev; other kinds never reach it."),
  networkPolicy: z
    .strictObject({ enabled: z.boolean().describe("Admit traffic to the controller's ports only.").default(true) })
    .prefault({})
    .describe("The NetworkPolicy of the controller."),
  tap: z
    .strictObject({
      apiService: z.boolean().describe("Register tap.meshctl.dev with the API server, so that taps obey the cluster's RBAC.").default(true),
    })
    .prefault({})
    .describe("Live taps through the aggregated API."),
  monitoring: z
    .strictObject({
      podMonitor: monitor.prefault({}).describe("A PodMonitor for injected sidecars of every namespace."),
      serviceMonitor: monitor.prefault({}).describe("A ServiceMonitor for the controller."),
    })
    .prefault({})
    .describe("Objects of the Prometheus operator."),
  mesh: z
    .strictObject({
      tracingSamplingPercent: z
        .number()
        .min(0)
        .max(100)
        .describe("Of how many in a hundred requests without a trace context a trace is begun.")
        .default(1),
    })
    .prefault({})
    .describe("Settings of the whole mesh: the MeshConfig `default`."),
});

export type Values = z.output<typeof valuesSchema>;

/** As somebody writes them: any part of {@link Values}, nested. */
export type PartialValues = { readonly [field: string]: unknown };
