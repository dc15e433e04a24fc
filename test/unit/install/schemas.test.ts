import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { Ajv } from "ajv";
import * as admission from "kubernetes-models/admissionregistration.k8s.io/v1";
import * as apiextensions from "kubernetes-models/apiextensions.k8s.io/v1";
import * as apiregistration from "kubernetes-models/apiregistration.k8s.io/v1";
import * as apps from "kubernetes-models/apps/v1";
import * as autoscaling from "kubernetes-models/autoscaling/v2";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as policy from "kubernetes-models/policy/v1";
import * as rbac from "kubernetes-models/rbac.authorization.k8s.io/v1";
import * as core from "kubernetes-models/v1";
import { TEMPLATE_NAMES } from "../../../src/install/templates.ts";
import { PROFILE_NAMES } from "../../../src/install/values/profiles.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import type { StructuralSchema } from "../../../src/model/structural-schema.ts";
import { EVERYTHING, render, TEMPLATES } from "./rendering.ts";

interface Model {
  new (object: never): { validate(): void };
  apiVersion: string;
  kind: string;
}

/** The Kubernetes schemas, as kubernetes-models has them compiled for ajv. */
const MODELS = new Map(
  [admission, apiextensions, apiregistration, apps, autoscaling, networking, policy, rbac, core]
    .flatMap((module) => Object.values(module) as unknown as Model[])
    .filter((model) => typeof model === "function" && typeof model.kind === "string")
    .map((model) => [`${model.apiVersion}/${model.kind}`, model] as const),
);

function check(object: KubeObject): void {
  if (object.apiVersion === "meshctl.dev/v1alpha1" || object.apiVersion === "monitoring.coreos.com/v1") return;
  const model = MODELS.get(`${object.apiVersion}/${object.kind}`);
  assert.ok(model, `kubernetes-models has no ${object.apiVersion} ${object.kind}`);
  new model(object as never).validate();
}

const CA = { certPem: "certificate", keyPem: "key" };
for (const profile of PROFILE_NAMES) {
  for (const [words, asked] of [
    ["", {}],
    [" with everything", EVERYTHING],
    [" as a revision", { revision: "canary" }],
  ] as const) {
    describe(`${profile}${words} fits the schemas of Kubernetes`, () => {
      for (const object of render(profile, asked, CA)) it(`${object.kind} ${object.metadata.name}`, () => check(object));
    });
  }
}

test("the check bites", () => {
  const [deployment] = render().filter(({ kind }) => kind === "Deployment");
  const broken = structuredClone(deployment) as KubeObject & { spec: { replicas: unknown } };
  broken.spec.replicas = "two";
  assert.throws(() => check(broken));
});

describe("templates are valid as they stand", () => {
  for (const name of TEMPLATE_NAMES) {
    it(name, () => {
      check(TEMPLATES[name]);
      assert.doesNotMatch(JSON.stringify(TEMPLATES[name]), /\{\{|\$\{|<[a-z-]+>|REPLACE|TODO/i, "no placeholders");
    });
  }
});

type Definition = KubeObject & {
  spec: {
    group: string;
    names: { kind: string };
    versions: {
      name: string;
      storage: boolean;
      schema: { openAPIV3Schema: StructuralSchema };
      additionalPrinterColumns: { name: string; description: string }[];
    }[];
  };
};
const definitions = render().filter(({ kind }) => kind === "CustomResourceDefinition") as Definition[];

describe("definitions", () => {
  it("are of our own kinds only", () => {
    assert.ok(definitions.length >= 2);
    for (const { spec, metadata } of definitions) assert.ok(spec.group === "meshctl.dev" && metadata.name.endsWith(".meshctl.dev"));
  });
  for (const { spec } of definitions) {
    for (const { name, schema, additionalPrinterColumns } of spec.versions) {
      it(`${spec.names.kind} ${name}: structural, every field described, nothing kept unknown`, () => {
        const problems: string[] = [];
        const walk = (node: StructuralSchema, path: string): void => {
          if (node["x-kubernetes-preserve-unknown-fields"]) problems.push(`${path} keeps unknown fields`);
          if (!node.description) problems.push(`${path} has no description`);
          if (!node.type && !node["x-kubernetes-int-or-string"]) problems.push(`${path} has no type`);
          for (const [field, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${field}`);
          if (node.items) walk(node.items, `${path}[]`);
          if (node.additionalProperties) walk(node.additionalProperties, `${path}.*`);
        };
        walk(schema.openAPIV3Schema, spec.names.kind);
        assert.deepEqual(problems, []);
        assert.ok(additionalPrinterColumns.length > 0 && additionalPrinterColumns.every(({ description }) => description));
      });
    }
    it(`${spec.names.kind} has one stored version`, () => assert.equal(spec.versions.filter(({ storage }) => storage).length, 1));
  }
  it("take the MeshConfig that is installed", () => {
    const schema = definitions.find(({ spec }) => spec.names.kind === "MeshConfig")?.spec.versions[0]?.schema.openAPIV3Schema;
    const [config] = render().filter(({ kind }) => kind === "MeshConfig");
    const ajv = new Ajv({ strict: false, formats: { int64: true } });
    assert.ok(ajv.validate(schema as object, config), ajv.errorsText());
    assert.ok(!ajv.validate(schema as object, { ...config, spec: { tracing: { samplingPercent: 101 } } }));
  });
});
