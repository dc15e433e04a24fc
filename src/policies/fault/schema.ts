import * as z from "zod";
import { conditionsSchema } from "../../model/conditions.ts";
import { dnsLabel } from "../../model/names.ts";
import type { KubeObject } from "../../model/object.ts";
import { duration } from "../kit/duration-schema.ts";
import { requestMatchSchema } from "../kit/match-schema.ts";
import { percent } from "../kit/percent-schema.ts";
import { attachmentFields } from "../kit/target-schema.ts";

const source = z.strictObject({
  namespace: dnsLabel.optional().describe("Namespace of the caller; the policy's own when absent."),
  serviceAccount: dnsLabel.describe(
    "Identity of the caller. Locally it is the name of the workload unless `meshctl run` was told otherwise.",
  ),
});

const delay = z.strictObject({
  fixed: duration.describe("How long a request is held before it goes on, up to 1h."),
  percent: percent.default(100).describe("Share of requests that are held."),
});

const abort = z.strictObject({
  httpStatus: z.int().min(200).max(599).optional().describe("Status the caller gets instead of an answer; not together with reset."),
  reset: z.literal(true).optional().describe("The caller's connection is reset; not together with httpStatus."),
  percent: percent.default(100).describe("Share of requests that are aborted."),
});

const rule = z.strictObject({
  matches: z
    .array(requestMatchSchema.describe("Conditions on one request; all must hold."))
    .max(16)
    .optional()
    .describe("Requests it acts on: any of these; all when absent."),
  from: z.array(source.describe("One identity.")).max(64).optional().describe("Callers it acts on: any of these; all when absent."),
  delay: delay.optional().describe("Hold the request."),
  abort: abort.optional().describe("Answer instead of the service; decided after the delay."),
});

/** meshctl.dev/v1alpha1 FaultInjection. */
export const faultInjectionSchema = z.strictObject({
  spec: z
    .strictObject({
      ...attachmentFields,
      rules: z
        .array(rule.describe("Which requests, and what becomes of them."))
        .min(1)
        .max(32)
        .describe("The first rule that fits a request acts on it."),
      expiresAt: z.string().optional().describe("RFC 3339 instant after which it does nothing; every proxy ends it by itself."),
    })
    .describe("Which requests fail, how, and how often."),
  status: z
    .strictObject({ conditions: conditionsSchema.optional() })
    .optional()
    .describe("What became of it: Accepted, Programmed, Conflicted."),
});

export type FaultInjectionSpec = z.output<typeof faultInjectionSchema>["spec"];
export type FaultInjectionStatus = z.output<typeof faultInjectionSchema>["status"];
export type FaultInjection = KubeObject<FaultInjectionSpec, FaultInjectionStatus>;
