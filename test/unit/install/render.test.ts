import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { PHASES, renderInstall } from "../../../src/install/render.ts";
import { tagObjects } from "../../../src/install/render/webhooks.ts";
import { TEMPLATE_NAMES } from "../../../src/install/templates.ts";
import { PROFILE_NAMES } from "../../../src/install/values/profiles.ts";
import type { PartialValues } from "../../../src/install/values/schema.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { compareGoldens } from "../../support/goldens.ts";
import { EVERYTHING, find, frameOf, render } from "./rendering.ts";

const GOLDENS = fileURLToPath(new URL("goldens", import.meta.url));

/** One small file for each object; definitions are made from the schemas, which have tests of their own. */
function asFiles(objects: readonly KubeObject[]): Map<string, string> {
  const own = objects.filter(({ kind }) => kind !== "CustomResourceDefinition");
  return new Map(
    own.map((object) => [
      `${object.kind}-${object.metadata.name}.yaml`,
      stringify(withoutKinds(object), { lineWidth: 0, aliasDuplicateObjects: false }),
    ]),
  );
}

/** A kind that joins the mesh changes no golden: lists of all of them are short. */
function withoutKinds(object: KubeObject): KubeObject {
  return JSON.parse(
    JSON.stringify(object, (_key, value: unknown) => {
      const { apiGroups, resources } = (value ?? {}) as { apiGroups?: string[]; resources?: string[] };
      if (apiGroups === undefined || resources === undefined || !/meshctl\.dev|gateway/.test(apiGroups.join())) return value;
      return {
        ...(value as object),
        resources: [resources.every((name) => name.endsWith("/status")) ? "every kind's status" : "every kind"],
      };
    }),
  ) as KubeObject;
}

/** Files of `objects` that the default profile has not, or has differently. */
function beyondDefault(objects: readonly KubeObject[]): Map<string, string> {
  const base = asFiles(render());
  return new Map([...asFiles(objects)].filter(([name, text]) => base.get(name) !== text));
}

const CA = { certPem: "-----BEGIN CERTIFICATE-----\n", keyPem: "-----BEGIN PRIVATE KEY-----\n" };

test("goldens: the default profile", () => compareGoldens(join(GOLDENS, "default"), asFiles(render())));
test("goldens: what ha has else", () => compareGoldens(join(GOLDENS, "ha"), beyondDefault(render("ha"))));
test("goldens: what demo has else", () => compareGoldens(join(GOLDENS, "demo"), beyondDefault(render("demo"))));
test("goldens: a revision beside the default", () =>
  compareGoldens(join(GOLDENS, "revision"), beyondDefault(render("default", { revision: "canary" }))));
test("goldens: a tag", () =>
  compareGoldens(join(GOLDENS, "tag"), asFiles(tagObjects(frameOf("default", { revision: "canary" }), "stable"))));
test("goldens: monitors and a CA of one's own", () => {
  const objects = render("default", { monitoring: EVERYTHING.monitoring as PartialValues }, CA);
  compareGoldens(join(GOLDENS, "more"), beyondDefault(objects));
});

test("every template is read, and every one that is read is there", () => {
  const files = readdirSync(fileURLToPath(new URL("../../../templates/install", import.meta.url))).sort();
  assert.deepEqual(files, TEMPLATE_NAMES.map((name) => `${name}.yaml`).sort());
});

test("same values, same bytes; nothing is shared with the templates", () => {
  const first = JSON.stringify(render("ha", EVERYTHING));
  const objects = render("ha", EVERYTHING);
  for (const object of objects) object.metadata.labels = { changed: "yes" };
  assert.equal(JSON.stringify(render("ha", EVERYTHING)), first);
});

test("phases come in order, definitions before objects of their kinds, registrations last", () => {
  const phases = renderInstall(frameOf("ha", EVERYTHING)).map(({ phase }) => PHASES.indexOf(phase));
  assert.deepEqual(phases, [...phases].sort());
  const kinds = renderInstall(frameOf()).map(({ object }) => object.kind);
  assert.ok(kinds.indexOf("Namespace") === 0 && kinds.lastIndexOf("CustomResourceDefinition") < kinds.indexOf("MeshConfig"));
  assert.ok(kinds.indexOf("Deployment") < kinds.indexOf("MutatingWebhookConfiguration"));
});

for (const profile of PROFILE_NAMES) {
  describe(`labels in ${profile}`, () => {
    for (const { kind, metadata } of render(profile, EVERYTHING)) {
      it(`${kind} ${metadata.name}`, () => {
        const { "app.kubernetes.io/component": component, ...rest } = metadata.labels ?? {};
        assert.ok(component);
        assert.equal(rest["app.kubernetes.io/name"], "meshctl");
        assert.equal(rest["app.kubernetes.io/part-of"], "meshctl");
        assert.equal(rest["app.kubernetes.io/managed-by"], "meshctl");
        assert.equal(rest["app.kubernetes.io/version"], "1.2.3");
      });
    }
  });
}

describe("two revisions stand side by side", () => {
  const [base, canary] = [render(), render("default", { revision: "canary" })];
  const keyed = (objects: readonly KubeObject[]) =>
    new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, JSON.stringify(object)]));
  it("what both have is the same, byte for byte", () => {
    const own = keyed(base);
    for (const [key, text] of keyed(canary)) if (own.has(key)) assert.equal(text, own.get(key), key);
  });
  it("neither selects the other's pods", () => {
    type Selecting = { spec: { selector: { matchLabels: object } } };
    const of = (objects: readonly KubeObject[]) => find<Selecting>(objects, "Deployment").spec.selector.matchLabels;
    assert.notDeepEqual(of(base), of(canary));
  });
  it("no upgrade changes a selector", () => {
    const labels = JSON.stringify(find<{ spec: { selector: object } }>(base, "Deployment").spec.selector);
    assert.doesNotMatch(labels, /version/);
  });
});

describe("the webhooks", () => {
  interface Webhook {
    rules: { apiGroups: string[]; resources: string[] }[];
    namespaceSelector?: { matchExpressions: { key: string; operator: string; values?: string[] }[] };
  }
  it("judge our own kinds and no others", () => {
    const { webhooks } = find<{ webhooks: Webhook[] }>(render(), "ValidatingWebhookConfiguration");
    for (const { rules } of webhooks) for (const rule of rules) assert.deepEqual(rule.apiGroups, ["meshctl.dev"]);
    assert.ok(webhooks[0]?.rules[0]?.resources.includes("faultinjections"));
    assert.ok(!webhooks[0]?.rules[0]?.resources.includes("workloads"));
  });
  it("never see pods of our own namespace or of the cluster's", () => {
    for (const object of [...render(), ...render("default", { revision: "canary" })]) {
      if (object.kind !== "MutatingWebhookConfiguration") continue;
      for (const { namespaceSelector } of object.webhooks as Webhook[]) {
        const never = namespaceSelector?.matchExpressions.find(({ key }) => key === "kubernetes.io/metadata.name");
        assert.equal(never?.operator, "NotIn");
        assert.deepEqual(never?.values, ["meshctl-system", "kube-system", "kube-public", "kube-node-lease"]);
      }
    }
  });
  it("are asked by one configuration for each pod", () => {
    // Namespace labels × pod labels: which configurations' webhooks match.
    type Selector = { matchExpressions: { key: string; operator: string; values?: string[] }[] };
    const configurations = [render(), render("default", { revision: "canary" })]
      .flat()
      .filter(({ kind }) => kind === "MutatingWebhookConfiguration");
    const matches = ({ matchExpressions }: Selector, labels: Record<string, string>): boolean =>
      matchExpressions.every(({ key, operator, values = [] }) => {
        const value = labels[key];
        if (operator === "In") return value !== undefined && values.includes(value);
        if (operator === "NotIn") return value === undefined || !values.includes(value);
        return operator === "Exists" ? value !== undefined : value === undefined;
      });
    const asked = (namespace: Record<string, string>, pod: Record<string, string>): string[] =>
      configurations.flatMap(({ metadata, webhooks }) =>
        (webhooks as { namespaceSelector: Selector; objectSelector: Selector }[])
          .filter((webhook) => matches(webhook.namespaceSelector, { "kubernetes.io/metadata.name": "shop", ...namespace }))
          .filter((webhook) => matches(webhook.objectSelector, pod))
          .map(() => metadata.name),
      );
    const [inject, revision] = ["meshctl.dev/inject", "meshctl.dev/revision"];
    const table: readonly [Record<string, string>, Record<string, string>, string[]][] = [
      [{}, {}, []],
      [{ [inject]: "enabled" }, {}, ["meshctl-inject"]],
      [{ [inject]: "enabled" }, { [inject]: "disabled" }, []],
      [{ [inject]: "enabled" }, { [inject]: "enabled" }, ["meshctl-inject"]],
      [{ [inject]: "disabled" }, { [inject]: "enabled" }, []],
      [{}, { [inject]: "enabled" }, ["meshctl-inject"]],
      [{ [revision]: "canary" }, {}, ["meshctl-inject-rev-canary"]],
      [{ [revision]: "canary" }, { [inject]: "disabled" }, []],
      [{ [revision]: "canary", [inject]: "enabled" }, {}, ["meshctl-inject-rev-canary"]],
      [{ [revision]: "canary", [inject]: "disabled" }, { [inject]: "enabled" }, []],
      [{}, { [revision]: "canary" }, ["meshctl-inject-rev-canary"]],
      [{ [inject]: "enabled" }, { [revision]: "canary" }, ["meshctl-inject-rev-canary"]],
      [{ [revision]: "canary" }, { [revision]: "canary" }, ["meshctl-inject-rev-canary"]],
      [{ [revision]: "other" }, {}, []],
      [{}, { [revision]: "other", [inject]: "enabled" }, []],
      [{ "kubernetes.io/metadata.name": "kube-system", [inject]: "enabled" }, { [inject]: "enabled" }, []],
    ];
    for (const [namespace, pod, expected] of table) {
      assert.deepEqual(asked(namespace, pod), expected, `namespace ${JSON.stringify(namespace)}, pod ${JSON.stringify(pod)}`);
    }
  });
});

describe("rights", () => {
  interface Rule {
    apiGroups: string[];
    resources: string[];
    verbs: string[];
    resourceNames?: string[];
  }
  const roles = render("ha", { ...EVERYTHING, revision: "canary" }).filter(({ kind }) => kind.endsWith("Role")) as (KubeObject & {
    rules: Rule[];
  })[];
  for (const { kind, metadata, rules } of roles) {
    it(`${kind} ${metadata.name} has no wildcard, and changes nothing of others that it need not`, () => {
      for (const rule of rules) {
        for (const list of [rule.apiGroups, rule.resources, rule.verbs])
          assert.ok(list.length > 0 && !list.join().includes("*"), JSON.stringify(rule));
        const changes = rule.verbs.some((verb) => ["update", "patch", "delete"].includes(verb));
        const status = rule.resources.every((resource) => resource.endsWith("/status"));
        assert.ok(!changes || status || (rule.resourceNames?.length ?? 0) > 0, `names nothing: ${JSON.stringify(rule)}`);
        assert.ok(!rule.resources.includes("secrets") || kind === "Role", "secrets of its own namespace only");
        for (const verb of ["escalate", "bind", "impersonate", "deletecollection"]) assert.ok(!rule.verbs.includes(verb));
      }
    });
  }
});

test("with an autoscaler the Deployment says no number of pods", () => {
  const spec = find<{ spec: object }>(render("ha"), "Deployment").spec;
  assert.ok(!("replicas" in spec));
  assert.ok("topologySpreadConstraints" in (spec as { template: { spec: object } }).template.spec);
});

test("a digest stands in the tag's place", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const text = JSON.stringify(find(render("default", { image: { repository: "registry.example/meshctl", digest } }), "Deployment"));
  assert.match(text, new RegExp(`"registry.example/meshctl@${digest}"`));
});
