import assert from "node:assert/strict";
import { test } from "node:test";
import { CustomResourceDefinition } from "kubernetes-models/apiextensions.k8s.io/v1/CustomResourceDefinition";
import { Service } from "kubernetes-models/v1/Service";
import type { IServiceSpec } from "kubernetes-models/v1/ServiceSpec";
import { EndpointSlice, type IEndpointSlice } from "kubernetes-models/discovery.k8s.io/v1/EndpointSlice";
import { crdOf } from "../../../src/model/crd.ts";
import { CORE_KINDS } from "../../../src/model/core-kinds.ts";
import { structuralSchemaOf } from "../../../src/model/structural-schema.ts";
import { type EndpointSlice as OurEndpointSlice, endpointSliceSchema } from "../../../src/model/kinds/endpoint-slice.ts";
import { serviceSchema, type ServiceSpec } from "../../../src/model/kinds/service.ts";
import { POLICY_KINDS } from "../../../src/policies/kinds.ts";

for (const kind of [...CORE_KINDS, ...POLICY_KINDS].filter(({ group }) => group.includes("."))) {
  test(`Kubernetes' own schema takes the CRD of ${kind.kind}`, () => {
    new CustomResourceDefinition(crdOf(kind) as never).validate();
  });
}

test("Kubernetes' own schemas take a Service and an EndpointSlice with every field ours have", () => {
  const spec = exampleOf(structuralSchemaOf(serviceSchema)) as { spec: never };
  new Service({ metadata: { name: "a" }, ...spec }).validate();
  new EndpointSlice({ metadata: { name: "a" }, ...(exampleOf(structuralSchemaOf(endpointSliceSchema)) as object) } as never).validate();
});

// The compiler says so where Kubernetes has a field that ours lack.
const NO_SERVICE_FIELD_MISSING: [Exclude<keyof IServiceSpec, keyof ServiceSpec>] extends [never] ? true : false = true;
const NO_SLICE_FIELD_MISSING: [Exclude<keyof Omit<IEndpointSlice, "apiVersion" | "kind" | "metadata">, keyof OurEndpointSlice>] extends [
  never,
]
  ? true
  : false = true;

test("every field of Kubernetes' Service and EndpointSlice is known", () => assert.ok(NO_SERVICE_FIELD_MISSING && NO_SLICE_FIELD_MISSING));

type Schema = ReturnType<typeof structuralSchemaOf>;

/** A value with every field the schema knows. */
function exampleOf(schema: Schema): unknown {
  if (schema["x-kubernetes-int-or-string"]) return 80;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case "object": {
      const fields = Object.entries(schema.properties ?? {}).map(([name, child]) => [name, exampleOf(child)] as const);
      return Object.fromEntries(schema.additionalProperties === undefined ? fields : [["key", exampleOf(schema.additionalProperties)]]);
    }
    case "array":
      return [exampleOf(schema.items ?? {})];
    case "integer":
      return Math.max(schema.minimum ?? 1, 1);
    case "boolean":
      return true;
    default:
      return schema.description?.includes("RFC 3339") ? "2026-01-01T00:00:00Z" : "a";
  }
}

test("those schemas bite", () => {
  const [kind] = POLICY_KINDS;
  assert.ok(kind);
  const crd = crdOf(kind);
  assert.throws(() => new CustomResourceDefinition({ ...crd, spec: { ...crd.spec, scope: undefined } } as never).validate());
  assert.throws(() => new Service({ metadata: { name: "a" }, spec: { ports: [{}] } } as never).validate());
});
