import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../../support/api.ts";
import { causesOf, crontabs, definitionWhen, DEFINITIONS, expectStatus, send } from "./definitions.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api.close());

type Change = (spec: Record<string, any>) => void;
const schema =
  (change: (root: Record<string, any>) => void): Change =>
  (spec) =>
    change(spec.versions[0].schema.openAPIV3Schema);
const inSpec =
  (name: string, value: unknown): Change =>
  (spec) =>
    (spec.versions[0].schema.openAPIV3Schema.properties.spec.properties[name] = value);
const AT = "spec.versions[0].schema.openAPIV3Schema";

const REFUSED: [string, Change, string][] = [
  [
    "a group without a dot",
    (spec) => (spec.group = "example"),
    'spec.group: Invalid value: "example": should be a domain with at least one dot',
  ],
  [
    "a protected group",
    (spec) => (spec.group = "mine.k8s.io"),
    "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups",
  ],
  ["a short name that is no label", (spec) => (spec.names.shortNames = ["C_T"]), 'spec.names.shortNames[0]: Invalid value: "C_T"'],
  [
    "kind and listKind alike",
    (spec) => (spec.names.listKind = "CronTab"),
    'spec.names.listKind: Invalid value: "CronTab": kind and listKind may not be the same',
  ],
  [
    "no storage version",
    (spec) => (spec.versions[0].storage = false),
    'spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version',
  ],
  [
    "a version twice",
    (spec) => spec.versions.push({ ...spec.versions[0], storage: false }),
    'spec.versions: Invalid value: "v1": must contain unique version names',
  ],
  ["no schema", (spec) => delete spec.versions[0].schema, `${AT}: Required value: schemas are required`],
  [
    "webhook conversion",
    (spec) => (spec.conversion = { strategy: "Webhook" }),
    'spec.conversion.strategy: Unsupported value: "Webhook": supported values: "None"',
  ],
  ["preserveUnknownFields", (spec) => (spec.preserveUnknownFields = true), "spec.preserveUnknownFields: Invalid value: true"],
  ["a root that is no object", schema((root) => (root.type = "string")), `${AT}.type: Invalid value: "string": must be object at the root`],
  ["no type at the root", schema((root) => delete root.type), `${AT}.type: Required value: must not be empty at the root`],
  [
    "a field without a type",
    inSpec("x", { description: "?" }),
    `${AT}.properties[spec].properties[x].type: Required value: must not be empty for specified object fields`,
  ],
  [
    "items without a type",
    inSpec("x", { type: "array", items: {} }),
    `${AT}.properties[spec].properties[x].items.type: Required value: must not be empty for specified array items`,
  ],
  [
    "an array without items",
    inSpec("x", { type: "array" }),
    `${AT}.properties[spec].properties[x].items: Required value: must be specified`,
  ],
  ["$ref", inSpec("x", { $ref: "#/definitions/y" }), `${AT}.properties[spec].properties[x].$ref: Forbidden: $ref is not supported`],
  [
    "a word nobody knows",
    inSpec("x", { type: "string", minlength: 3 }),
    `${AT}.properties[spec].properties[x].minlength: Forbidden: no such field in a schema`,
  ],
  ["a type nobody knows", inSpec("x", { type: "int" }), `${AT}.properties[spec].properties[x].type: Unsupported value: "int"`],
  [
    "additionalProperties: false",
    inSpec("x", { type: "object", additionalProperties: false }),
    `${AT}.properties[spec].properties[x].additionalProperties: Forbidden: additionalProperties cannot be set to false`,
  ],
  [
    "additionalProperties beside properties",
    inSpec("x", { type: "object", properties: {}, additionalProperties: { type: "string" } }),
    `${AT}.properties[spec].properties[x].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [
    "uniqueItems",
    inSpec("x", { type: "array", uniqueItems: true, items: { type: "string" } }),
    `${AT}.properties[spec].properties[x].uniqueItems: Forbidden: uniqueItems cannot be set to true`,
  ],
  [
    "types in alternatives",
    inSpec("x", { type: "string", anyOf: [{ type: "string" }] }),
    `${AT}.properties[spec].properties[x].anyOf[0].type: Forbidden: must be empty to be structural`,
  ],
  [
    "fields only in alternatives",
    inSpec("x", { type: "object", oneOf: [{ properties: { y: { minLength: 1 } } }] }),
    `${AT}.properties[spec].properties[x].properties[y]: Required value: because it is defined in`,
  ],
  [
    "preserve-unknown-fields: false",
    inSpec("x", { type: "object", "x-kubernetes-preserve-unknown-fields": false }),
    `${AT}.properties[spec].properties[x].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  ],
  [
    "a map list without keys",
    inSpec("x", { type: "array", "x-kubernetes-list-type": "map", items: { type: "object" } }),
    `${AT}.properties[spec].properties[x].x-kubernetes-list-map-keys: Required value`,
  ],
  [
    "a key that may be absent",
    inSpec("x", {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: { type: "object", properties: { k: { type: "string" } } },
    }),
    `${AT}.properties[spec].properties[x].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys`,
  ],
  [
    "a default of the wrong type",
    inSpec("x", { type: "integer", default: "one" }),
    `${AT}.properties[spec].properties[x].default: Invalid value: "string"`,
  ],
  [
    "a default that would be pruned",
    inSpec("x", { type: "object", properties: { y: { type: "string" } }, default: { z: 1 } }),
    `${AT}.properties[spec].properties[x].default: Invalid value: {"z":1}: must not have unknown fields: z`,
  ],
  [
    "a pattern that is none",
    inSpec("x", { type: "string", pattern: "(" }),
    `${AT}.properties[spec].properties[x].pattern: Invalid value: "("`,
  ],
  [
    "more metadata",
    schema((root) => (root.properties.metadata = { type: "object", properties: { labels: { type: "object" } } })),
    `${AT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName`,
  ],
  [
    "a column that points nowhere",
    (spec) => (spec.versions[0].additionalPrinterColumns[0].jsonPath = "spec"),
    'spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value: "spec": must be a simple json path with leading .',
  ],
  [
    "a scale outside spec",
    (spec) => (spec.versions[0].subresources.scale.specReplicasPath = ".status.x"),
    'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".status.x"',
  ],
  [
    "a rule that is no CEL",
    inSpec("x", { type: "string", "x-kubernetes-validations": [{ rule: "self ==" }] }),
    `${AT}.properties[spec].properties[x].x-kubernetes-validations[0].rule: Invalid value: "self ==": compilation failed: ERROR:`,
  ],
  [
    "a rule about changes of what has no identity",
    inSpec("x", { type: "array", items: { type: "string", "x-kubernetes-validations": [{ rule: "self == oldSelf" }] } }),
    `${AT}.properties[spec].properties[x].items.x-kubernetes-validations[0].rule: Forbidden: oldSelf cannot be used on the uncorrelatable portion of the schema`,
  ],
];

for (const [name, change, cause] of REFUSED) {
  test(`refused: ${name}`, async () => {
    const refused = await expectStatus(422, send(api, "POST", DEFINITIONS, crontabs(change)));
    assert.ok(
      causesOf(refused).some((text) => text.startsWith(cause)),
      `${cause}\nbut\n${causesOf(refused).join("\n")}`,
    );
  });
}

test("the name must be plural and group; fields nobody knows are refused", async () => {
  const wrong = crontabs();
  (wrong.metadata as any).name = "tabs.example.com";
  assert.deepEqual(causesOf(await expectStatus(422, send(api, "POST", DEFINITIONS, wrong))), [
    'metadata.name: Invalid value: "tabs.example.com": must be spec.names.plural+"."+spec.group',
  ]);
  const typo = await expectStatus(
    400,
    send(
      api,
      "POST",
      DEFINITIONS,
      crontabs((spec) => (spec.versions[0].serve = true)),
    ),
  );
  assert.match(typo.message, /unknown field "spec\.versions\[0\]\.serve"/);
});

test("what others rely on may not change", async () => {
  await expectStatus(201, send(api, "POST", DEFINITIONS, crontabs()));
  const now = await definitionWhen(api, "crontabs.stable.example.com", ({ conditions }) => conditions?.length === 2);
  for (const change of [{ scope: "Cluster" }, { names: { ...now.spec.names, kind: "Other" } }]) {
    const refused = await expectStatus(
      422,
      send(api, "PUT", `${DEFINITIONS}/crontabs.stable.example.com`, { ...now, spec: { ...now.spec, ...change } }),
    );
    assert.match(refused.message, /field is immutable/);
  }
});
