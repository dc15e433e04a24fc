import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { parse } from "yaml";
import { documentValues } from "../../../src/install/values/document.ts";
import { mergeValues } from "../../../src/install/values/merge.ts";
import { PROFILE_NAMES } from "../../../src/install/values/profiles.ts";
import { resolveValues } from "../../../src/install/values/resolve.ts";
import { valuesSchema } from "../../../src/install/values/schema.ts";
import { parseAssignment, valuesOf } from "../../../src/install/values/set.ts";
import { type StructuralSchema, structuralSchemaOf } from "../../../src/model/structural-schema.ts";
import { render } from "./rendering.ts";

function set(...texts: string[]) {
  return texts.map((text) => {
    const assignment = parseAssignment(text);
    assert.ok(assignment, text);
    return valuesOf(assignment);
  });
}

describe("--set", () => {
  for (const [text, expected] of [
    ["controller.replicas=3", { controller: { replicas: 3 } }],
    ["networkPolicy.enabled=false", { networkPolicy: { enabled: false } }],
    ["mesh.tracingSamplingPercent=0.5", { mesh: { tracingSamplingPercent: 0.5 } }],
    ["image.tag=1.0", { image: { tag: "1.0" } }],
    ["image.repository=a=b", { image: { repository: "a=b" } }],
    ["image.pullSecrets=one,two", { image: { pullSecrets: ["one", "two"] } }],
    ["image.pullSecrets=", { image: { pullSecrets: [] } }],
    ["controller.nodeSelector.kubernetes\\.io/os=linux", { controller: { nodeSelector: { "kubernetes.io/os": "linux" } } }],
    ["controller.replicas=many", { controller: { replicas: "many" } }],
  ] as const) {
    it(text, () => assert.deepEqual(set(text), [expected]));
  }
  for (const text of ["", "=1", "a", ".a=1", "a.=1", "a..b=1"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseAssignment(text), null));
  }
  it("cannot reach the prototype", () => {
    const [layer] = set("__proto__.polluted=yes");
    mergeValues({}, layer ?? {});
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.match(JSON.stringify(resolveValues("default", [layer ?? {}]).violations), /unknown field/);
  });
});

describe("what is wrong with values", () => {
  const cases: readonly [string, string, RegExp][] = [
    ["controler.replicas=3", "controler", /unknown field.*did you mean \\"controller\\"/],
    ["controller.replcas=3", "controller.replcas", /unknown field.*did you mean \\"replicas\\"/],
    ["controller.replicas=many", "controller.replicas", /must be a number, not a string/],
    ["controller.replicas=0", "controller.replicas", /must be at least 1/],
    ["controller.logLevel=loud", "controller.logLevel", /must be one of/],
    ["controller.resources.cpuRequest=lots", "controller.resources.cpuRequest", /quantity/],
    ["image.digest=sha256:12", "image.digest", /64 hexadecimal digits/],
    ["revision=Not_a_label", "revision", /DNS label/],
  ];
  for (const [text, path, message] of cases) {
    it(text, () => {
      const { violations } = resolveValues("default", set(text));
      assert.equal(violations[0]?.path, path);
      assert.match(JSON.stringify(violations[0]), message);
    });
  }
  it("all of it, not the first", () =>
    assert.equal(resolveValues("default", set("a=1", "b=1", "controller.replicas=x")).violations.length, 3));
  it("an autoscaler whose least is more than its most", () => {
    const { violations } = resolveValues("ha", set("autoscaling.maxReplicas=2"));
    assert.equal(violations[0]?.path, "autoscaling.minReplicas");
  });
  it("a budget that lets every pod go", () => {
    const { violations } = resolveValues("default", set("disruptionBudget.maxUnavailable=2"));
    assert.equal(violations[0]?.path, "disruptionBudget.maxUnavailable");
  });
});

test("later layers win, and profiles lie below all of them", () => {
  const { values } = resolveValues("ha", [{ controller: { logLevel: "debug" } }, ...set("controller.logLevel=warn")]);
  assert.equal(values?.controller.logLevel, "warn");
  assert.equal(values?.controller.antiAffinity, "required");
});

for (const profile of PROFILE_NAMES) {
  test(`--print-values of ${profile} is a file of values that gives the same`, () => {
    const { values } = resolveValues(profile, []);
    assert.ok(values);
    const again = resolveValues("default", [parse(documentValues(values)) as object as Record<string, unknown>]);
    assert.deepEqual(again.values, values);
  });
}

/** Leaves of the values by path, with another value than the default one. */
function leaves(schema: StructuralSchema, path: string): [string, string][] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, field]) => leaves(field, path === "" ? name : `${path}.${name}`));
  }
  return [[path, otherValue(schema, path)]];
}

function otherValue(schema: StructuralSchema, path: string): string {
  if (path === "revision") return "revision=canary";
  if (path === "image.digest") return `${path}=sha256:${"a".repeat(64)}`;
  if (path === "controller.tolerations") return "";
  if (schema.enum !== undefined) return `${path}=${String(schema.enum.find((value) => value !== schema.default))}`;
  if (schema.type === "boolean") return `${path}=${String(!schema.default)}`;
  if (schema.type === "integer" || schema.type === "number") return `${path}=${Number(schema.default) + 1}`;
  if (schema.type === "object") return `${path}.key=value`;
  return `${path}=${/[0-9]m$/.test(String(schema.default)) ? "7m" : /[0-9](Mi|Gi)$/.test(String(schema.default)) ? "7Mi" : String(schema.default).endsWith("s") ? "7s" : "seven"}`;
}

test("every value has a sentence, a default, and changes what is rendered", () => {
  const on = { monitoring: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } };
  const inert: string[] = [];
  for (const [path, text] of leaves(structuralSchemaOf(valuesSchema), "")) {
    const base = /Monitor.enabled$/.test(path)
      ? {}
      : path.startsWith("autoscaling.") && path !== "autoscaling.enabled"
        ? { ...on, autoscaling: { enabled: true } }
        : on;
    // Budgets of two pods let one go at most.
    const replicas = path.startsWith("disruptionBudget.") ? { controller: { replicas: 5 } } : {};
    const change = text === "" ? [{ controller: { tolerations: [{ key: "mesh", operator: "Exists" }] } }] : set(text);
    const before = JSON.stringify(render("default", mergeValues(base, replicas)));
    const after = JSON.stringify(render("default", [mergeValues(base, replicas), ...change].reduce(mergeValues)));
    if (before === after) inert.push(path);
  }
  assert.deepEqual(inert, []);
  const mute: string[] = [];
  const walk = (schema: StructuralSchema, path: string): void => {
    if (!schema.description) mute.push(path);
    for (const [name, field] of Object.entries(schema.properties ?? {})) walk(field, `${path}.${name}`);
    if (schema.items) walk(schema.items, `${path}[]`);
  };
  for (const [name, field] of Object.entries(structuralSchemaOf(valuesSchema).properties ?? {})) walk(field, name);
  assert.deepEqual(mute, []);
});
