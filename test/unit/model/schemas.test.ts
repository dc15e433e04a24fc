import assert from "node:assert/strict";
import { test } from "node:test";
import { crdOf } from "../../../src/model/crd.ts";
import { CORE_KINDS } from "../../../src/model/core-kinds.ts";
import { parseJsonPath } from "../../../src/model/json-path.ts";
import type { StructuralSchema } from "../../../src/model/structural-schema.ts";
import { POLICY_KINDS } from "../../../src/policies/kinds.ts";

const KINDS = [...CORE_KINDS, ...POLICY_KINDS];

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
function structuralProblems(schema: StructuralSchema, path: string, named: boolean): string[] {
  const found: string[] = [];
  const open = schema["x-kubernetes-preserve-unknown-fields"] || schema["x-kubernetes-int-or-string"];
  if (schema.type === undefined && !open) found.push(`${path}: no type`);
  if (named && !schema.description) found.push(`${path}: no description`);
  if (schema.type === "object" && schema.properties !== undefined && schema.additionalProperties !== undefined) {
    found.push(`${path}: properties and additionalProperties exclude each other`);
  }
  for (const name of schema.required ?? []) if (schema.properties?.[name] === undefined) found.push(`${path}: requires unknown ${name}`);
  for (const [name, child] of Object.entries(schema.properties ?? {})) found.push(...structuralProblems(child, `${path}.${name}`, true));
  if (schema.items !== undefined) found.push(...structuralProblems(schema.items, `${path}[*]`, false));
  if (schema.additionalProperties !== undefined) found.push(...structuralProblems(schema.additionalProperties, `${path}.*`, false));
  return found;
}

for (const kind of KINDS) {
  test(`${kind.kind}: its schema is structural, and every field has a description`, () => {
    const schema = crdOf(kind).spec.versions[0]?.schema.openAPIV3Schema as StructuralSchema;
    assert.deepEqual(structuralProblems(schema, kind.kind, true), []);
  });

  test(`${kind.kind}: its columns have paths a CRD may have, and descriptions`, () => {
    for (const column of kind.columns ?? []) {
      assert.notEqual(parseJsonPath(column.jsonPath), null, column.jsonPath);
      assert.match(column.description, /\.$/);
    }
  });
}

/** Only these fields take anything; a new one needs a reason here. */
const OPEN_FIELDS = ["Namespace.status.conditions[*]"];

test("no field of our kinds takes anything, but for a listed few", () => {
  const open: string[] = [];
  const walk = (schema: StructuralSchema, path: string): void => {
    if (schema["x-kubernetes-preserve-unknown-fields"]) open.push(path);
    for (const [name, child] of Object.entries(schema.properties ?? {})) walk(child, `${path}.${name}`);
    if (schema.items !== undefined) walk(schema.items, `${path}[*]`);
    if (schema.additionalProperties !== undefined) walk(schema.additionalProperties, `${path}.*`);
  };
  for (const kind of KINDS) walk(crdOf(kind).spec.versions[0]?.schema.openAPIV3Schema as StructuralSchema, kind.kind);
  assert.deepEqual(open, OPEN_FIELDS);
});

test("a CRD says what clients need: names, scope, versions, status, columns", () => {
  const route = POLICY_KINDS.find(({ kind }) => kind === "HTTPRoute");
  assert.ok(route);
  const crd = crdOf(route);
  assert.equal(crd.metadata.name, "httproutes.gateway.networking.k8s.io");
  assert.deepEqual(
    crd.spec.versions.map(({ name, storage, subresources }) => [name, storage, subresources]),
    [
      ["v1", true, { status: {} }],
      ["v1beta1", false, { status: {} }],
    ],
  );
  assert.equal(crd.spec.versions[0]?.additionalPrinterColumns?.at(-1)?.name, "Age");
  assert.deepEqual(crdOf(route), crd, "the same descriptor gives the same bytes");
});

test("descriptors are frozen", () => {
  for (const kind of KINDS) assert.ok(Object.isFrozen(kind), kind.kind);
});
