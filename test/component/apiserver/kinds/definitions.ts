import assert from "node:assert/strict";
import { systemClock } from "../../../../src/lib/clock.ts";
import { waitFor } from "../../../../src/lib/wait-for.ts";
import type { TestApi } from "../../../support/api.ts";
import { type RawAnswer, rawRequest } from "../../../support/raw-request.ts";

export const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const CRONTABS = "/apis/stable.example.com/v1/namespaces/default/crontabs";

/** Schema of the CronTab of the Kubernetes documentation, with more in it. */
export const CRONTAB_SCHEMA = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["cronSpec"],
      properties: {
        cronSpec: { type: "string", pattern: String.raw`^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$` },
        image: { type: "string", maxLength: 20 },
        replicas: { type: "integer", minimum: 1, maximum: 10, default: 1 },
        policy: { type: "string", enum: ["Allow", "Forbid"] },
        port: { "x-kubernetes-int-or-string": true },
        note: { type: "string", nullable: true },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        template: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
        tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        env: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: { type: "object", required: ["name"], properties: { name: { type: "string" }, value: { type: "string" } } },
        },
      },
    },
    status: { type: "object", properties: { replicas: { type: "integer" }, labelSelector: { type: "string" } } },
  },
};

export function crontabs(change: (spec: Record<string, any>) => void = () => {}): Record<string, unknown> {
  const spec: Record<string, any> = {
    group: "stable.example.com",
    scope: "Namespaced",
    names: { plural: "crontabs", singular: "crontab", kind: "CronTab", shortNames: ["ct"], categories: ["all"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: structuredClone(CRONTAB_SCHEMA) },
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas", labelSelectorPath: ".status.labelSelector" },
        },
        selectableFields: [{ jsonPath: ".spec.policy" }],
        additionalPrinterColumns: [
          { name: "Spec", type: "string", jsonPath: ".spec.cronSpec", description: "When it runs" },
          { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
          { name: "Image", type: "string", priority: 1, jsonPath: ".spec.image" },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
      },
    ],
  };
  change(spec);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${spec.names.plural}.${spec.group}` },
    spec,
  };
}

export function crontab(name: string, spec: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: "stable.example.com/v1", kind: "CronTab", metadata: { name }, spec: { cronSpec: "* * * * */5", ...spec } };
}

export function send(api: TestApi, method: string, path: string, body?: unknown, type = "application/json"): Promise<RawAnswer> {
  if (body === undefined) return rawRequest(api, method, path);
  return rawRequest(api, method, path, { headers: { "content-type": type }, body: JSON.stringify(body) });
}

export async function expectStatus(code: number, answer: Promise<RawAnswer>): Promise<any> {
  const { status, text, json } = await answer;
  assert.equal(status, code, text);
  return json;
}

/** `field: message` of every cause of a refusal. */
export function causesOf(status: any): string[] {
  return (status.details.causes as { field: string; message: string }[]).map(({ field, message }) => `${field}: ${message}`);
}

/** The definition once its status says what is looked for: it follows right behind the write. */
export async function definitionWhen(api: TestApi, name: string, holds: (status: any) => boolean): Promise<any> {
  const found = await waitFor(
    async () => {
      const definition = await expectStatus(200, send(api, "GET", `${DEFINITIONS}/${name}`));
      return definition.status !== undefined && holds(definition.status) ? definition : null;
    },
    { clock: systemClock, timeoutMs: 10_000, everyMs: 10 },
  );
  assert.ok(found, `the status of ${name} never became what it should be`);
  return found;
}

export function conditionsOf(definition: any): string[] {
  return definition.status.conditions.map(({ type, status, reason }: any) => `${type}=${status} ${reason}`);
}
