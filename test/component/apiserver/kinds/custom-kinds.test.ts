import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../../support/api.ts";
import { rawRequest } from "../../../support/raw-request.ts";
import { causesOf, conditionsOf, CRONTABS, crontab, crontabs, definitionWhen, DEFINITIONS, expectStatus, send } from "./definitions.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
  await expectStatus(201, send(api, "POST", DEFINITIONS, crontabs()));
});
after(() => api.close());

test("a definition registers a kind before its writer is answered, and says so in its status", async () => {
  await expectStatus(201, send(api, "POST", CRONTABS, crontab("first")));
  const definition = await definitionWhen(api, "crontabs.stable.example.com", ({ conditions }) => conditions?.length === 2);
  assert.deepEqual(conditionsOf(definition), ["NamesAccepted=True NoConflicts", "Established=True InitialNamesAccepted"]);
  assert.deepEqual(definition.status.storedVersions, ["v1"]);
  assert.equal(definition.status.acceptedNames.listKind, "CronTabList");
  const { resources } = await expectStatus(200, send(api, "GET", "/apis/stable.example.com/v1"));
  assert.deepEqual(
    resources.map(({ name }: any) => name),
    ["crontabs", "crontabs/scale", "crontabs/status"],
  );
  const openapi = await expectStatus(200, send(api, "GET", "/openapi/v3/apis/stable.example.com/v1"));
  assert.equal(openapi.components.schemas["com.example.stable.v1.CronTab"].properties.spec.properties.replicas.maximum, 10);
});

test("defaults are filled in, unknown fields refused or pruned, marked places kept", async () => {
  const free = { any: { thing: [1] } };
  const template = { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: {} };
  const made = await expectStatus(201, send(api, "POST", CRONTABS, crontab("kept", { free, template, port: "http", note: null })));
  assert.deepEqual(made.spec, { cronSpec: "* * * * */5", replicas: 1, free, template, port: "http", note: null });
  const refused = await expectStatus(400, send(api, "POST", CRONTABS, crontab("strict", { typo: 1 })));
  assert.match(
    refused.message,
    /CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec\.typo"/,
  );
  const warned = await send(api, "POST", `${CRONTABS}?fieldValidation=Warn`, crontab("warned", { typo: 1 }));
  assert.equal(warned.status, 201);
  assert.match(String(warned.headers.warning), /unknown field \\"spec\.typo\\"/);
  assert.deepEqual((warned.json as any).spec, { cronSpec: "* * * * */5", replicas: 1 });
});

test("what is wrong is told field by field, in the words API servers use", async () => {
  const bad: [Record<string, unknown>, string, string][] = [
    [{ cronSpec: "x" }, 'spec.cronSpec: Invalid value: "x": spec.cronSpec in body should match', "FieldValueInvalid"],
    [
      { cronSpec: 5 },
      'spec.cronSpec: Invalid value: "integer": spec.cronSpec in body must be of type string: "integer"',
      "FieldValueTypeInvalid",
    ],
    [{ replicas: 15 }, "spec.replicas: Invalid value: 15: spec.replicas in body should be less than or equal to 10", "FieldValueInvalid"],
    [{ replicas: 0 }, "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1", "FieldValueInvalid"],
    [
      { replicas: 1.5 },
      'spec.replicas: Invalid value: "number": spec.replicas in body must be of type integer: "number"',
      "FieldValueTypeInvalid",
    ],
    [{ policy: "Maybe" }, 'spec.policy: Unsupported value: "Maybe": supported values: "Allow", "Forbid"', "FieldValueNotSupported"],
    [{ image: "x".repeat(21) }, "spec.image: Too long: may not be more than 20 bytes", "FieldValueTooLong"],
    [{ image: null }, 'spec.image: Invalid value: "null": spec.image in body must be of type string: "null"', "FieldValueTypeInvalid"],
    [
      { port: true },
      'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      "FieldValueTypeInvalid",
    ],
    [{ tags: ["a", "a"] }, 'spec.tags[1]: Duplicate value: "a"', "FieldValueDuplicate"],
    [{ env: [{ name: "a" }, { name: "a", value: "b" }] }, 'spec.env[1]: Duplicate value: {"name":"a"}', "FieldValueDuplicate"],
    [{ template: { kind: "Pod" } }, "spec.template.apiVersion: Required value: must not be empty", "FieldValueRequired"],
  ];
  for (const [spec, cause, reason] of bad) {
    const refused = await expectStatus(422, send(api, "POST", CRONTABS, crontab("bad", spec)));
    assert.ok(
      causesOf(refused).some((text) => text.startsWith(cause)),
      `${cause}\nbut\n${causesOf(refused).join("\n")}`,
    );
    assert.equal(refused.details.causes[0].reason, reason);
    assert.match(refused.message, /^CronTab\.stable\.example\.com "bad" is invalid: /);
  }
  const empty = await expectStatus(422, send(api, "POST", CRONTABS, { ...crontab("bad"), spec: {} }));
  assert.deepEqual(causesOf(empty), ["spec.cronSpec: Required value"]);
});

test("patches go by the schema too; strategic ones are for the kinds of a cluster", async () => {
  await expectStatus(201, send(api, "POST", CRONTABS, crontab("patched")));
  const merged = await send(api, "PATCH", `${CRONTABS}/patched`, { spec: { replicas: 3 } }, "application/merge-patch+json");
  assert.equal((merged.json as any).spec.replicas, 3);
  assert.equal((merged.json as any).metadata.generation, 2);
  await expectStatus(422, send(api, "PATCH", `${CRONTABS}/patched`, { spec: { replicas: 99 } }, "application/merge-patch+json"));
  await expectStatus(415, send(api, "PATCH", `${CRONTABS}/patched`, { spec: {} }, "application/strategic-merge-patch+json"));
});

test("status is written apart, and does not count as a new generation", async () => {
  const made = await expectStatus(201, send(api, "POST", CRONTABS, { ...crontab("state"), status: { replicas: 9 } }));
  assert.equal(made.status, undefined);
  const next = await expectStatus(
    200,
    send(api, "PUT", `${CRONTABS}/state/status`, { ...made, spec: { cronSpec: "1 1 1 1 1" }, status: { replicas: 2 } }),
  );
  assert.deepEqual([next.status.replicas, next.spec.cronSpec, next.metadata.generation], [2, "* * * * */5", 1]);
});

test("a table shows the definition's columns", async () => {
  const answer = await rawRequest(api, "GET", `${CRONTABS}/first`, { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } });
  const { columnDefinitions, rows } = answer.json as any;
  assert.deepEqual(
    columnDefinitions.map(({ name, priority }: any) => `${name} ${priority}`),
    ["Name 0", "Spec 0", "Replicas 0", "Image 1", "Age 0"],
  );
  assert.deepEqual(rows[0].cells.slice(0, 4), ["first", "* * * * */5", 1, null]);
});

test("field selectors name the fields the definition lists, and no others", async () => {
  await expectStatus(201, send(api, "POST", CRONTABS, crontab("forbids", { policy: "Forbid" })));
  const { items } = await expectStatus(200, send(api, "GET", `${CRONTABS}?fieldSelector=spec.policy=Forbid`));
  assert.deepEqual(
    items.map(({ metadata }: any) => metadata.name),
    ["forbids"],
  );
  await expectStatus(400, send(api, "GET", `${CRONTABS}?fieldSelector=spec.cronSpec=x`));
});

test("versions: kept under one, shown in each, and none forgotten", async () => {
  const two = crontabs((spec) => {
    spec.names = { plural: "tabs", kind: "Tab" };
    const old = { ...spec.versions[0], name: "v1beta1", storage: false, deprecated: true };
    old.schema = structuredClone(old.schema);
    old.schema.openAPIV3Schema.properties.spec.properties.beta = { type: "string", default: "old" };
    spec.versions = [old, spec.versions[0]];
  });
  await expectStatus(201, send(api, "POST", DEFINITIONS, two));
  const tabs = (version: string): string => `/apis/stable.example.com/${version}/namespaces/default/tabs`;
  const made = await send(api, "POST", tabs("v1beta1"), { spec: { cronSpec: "1 1 1 1 1", beta: "given" }, metadata: { name: "a" } });
  assert.equal(made.status, 201, made.text);
  assert.match(String(made.headers.warning), /stable\.example\.com\/v1beta1 Tab is deprecated/);
  assert.equal((made.json as any).apiVersion, "stable.example.com/v1beta1");
  const shown = await expectStatus(200, send(api, "GET", `${tabs("v1")}/a`));
  assert.deepEqual([shown.apiVersion, shown.spec.beta], ["stable.example.com/v1", undefined]);
  assert.equal((await expectStatus(200, send(api, "GET", `${tabs("v1beta1")}/a`))).spec.beta, "given");
  const { items } = await expectStatus(200, send(api, "GET", tabs("v1beta1")));
  assert.equal(items[0].apiVersion, "stable.example.com/v1beta1");
  const group = await expectStatus(200, send(api, "GET", "/apis/stable.example.com"));
  assert.equal(group.preferredVersion.version, "v1");

  const definition = await expectStatus(200, send(api, "GET", `${DEFINITIONS}/tabs.stable.example.com`));
  const moved = structuredClone(definition);
  moved.spec.versions[0].storage = true;
  moved.spec.versions[1].storage = false;
  const next = await expectStatus(200, send(api, "PUT", `${DEFINITIONS}/tabs.stable.example.com`, moved));
  assert.equal(next.metadata.generation, 2);
  const stored = await definitionWhen(api, "tabs.stable.example.com", ({ storedVersions }) => storedVersions.length === 2);
  assert.deepEqual(stored.status.storedVersions, ["v1", "v1beta1"]);
  stored.spec.versions = [stored.spec.versions[0]];
  assert.match(
    (await expectStatus(422, send(api, "PUT", `${DEFINITIONS}/tabs.stable.example.com`, stored))).message,
    /v1 was previously a storage version/,
  );
});

test("two definitions may not share a name: the later one is not served", async () => {
  const rival = crontabs((spec) => (spec.names = { plural: "rivals", kind: "CronTab" }));
  await expectStatus(201, send(api, "POST", DEFINITIONS, rival));
  const definition = await definitionWhen(api, "rivals.stable.example.com", ({ conditions }) => conditions?.length === 2);
  assert.deepEqual(conditionsOf(definition), ["NamesAccepted=False SingularConflict", "Established=False NotAccepted"]);
  await expectStatus(404, send(api, "GET", "/apis/stable.example.com/v1/rivals"));
  await expectStatus(200, send(api, "DELETE", `${DEFINITIONS}/rivals.stable.example.com`));
});

test("deleting a definition deletes its objects, and waits for those with finalizers", async () => {
  const gone = crontabs((spec) => (spec.names = { plural: "goners", kind: "Goner" }));
  await expectStatus(201, send(api, "POST", DEFINITIONS, gone));
  const goners = "/apis/stable.example.com/v1/namespaces/default/goners";
  const object = (name: string, finalizers: string[] = []) => ({ metadata: { name, finalizers }, spec: { cronSpec: "1 1 1 1 1" } });
  await expectStatus(201, send(api, "POST", goners, object("plain")));
  await expectStatus(201, send(api, "POST", goners, object("held", ["example.com/hold"])));
  const marked = await expectStatus(200, send(api, "DELETE", `${DEFINITIONS}/goners.stable.example.com`));
  assert.deepEqual(marked.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  await expectStatus(404, send(api, "GET", `${goners}/plain`));
  await expectStatus(405, send(api, "POST", goners, object("late")));
  await expectStatus(200, send(api, "PATCH", `${goners}/held`, { metadata: { finalizers: null } }, "application/merge-patch+json"));
  await expectStatus(404, send(api, "GET", `${DEFINITIONS}/goners.stable.example.com`));
  await expectStatus(404, send(api, "GET", goners));
});

test("kinds are there again after a restart", async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-crd-"));
  const first = await startApi({ directory });
  await expectStatus(201, send(first, "POST", DEFINITIONS, crontabs()));
  await expectStatus(201, send(first, "POST", CRONTABS, crontab("lasting")));
  await first.close();
  const second = await startApi({ directory });
  assert.equal((await expectStatus(200, send(second, "GET", `${CRONTABS}/lasting`))).spec.replicas, 1);
  await expectStatus(422, send(second, "POST", CRONTABS, crontab("bad", { replicas: 99 })));
  await second.close();
  rmSync(directory, { recursive: true });
});

test("a definition of a kind the server has itself is kept, and changes nothing", async () => {
  const own = crontabs((spec) => {
    spec.group = "gateway.networking.k8s.io";
    spec.names = { plural: "httproutes", kind: "HTTPRoute" };
  });
  (own.metadata as any).annotations = { "api-approved.kubernetes.io": "https://example.com" };
  await expectStatus(201, send(api, "POST", DEFINITIONS, own));
  const name = `${DEFINITIONS}/httproutes.gateway.networking.k8s.io`;
  const definition = await definitionWhen(api, "httproutes.gateway.networking.k8s.io", ({ conditions }) => conditions?.length === 2);
  assert.deepEqual(conditionsOf(definition), ["NamesAccepted=True NoConflicts", "Established=True BuiltIn"]);
  await expectStatus(200, send(api, "DELETE", name));
  await expectStatus(200, send(api, "GET", "/apis/gateway.networking.k8s.io/v1/httproutes"));
});

test("scale reads and writes the fields the definition names, and those of a cluster's workloads", async () => {
  await expectStatus(201, send(api, "POST", CRONTABS, crontab("scaled", { replicas: 2 })));
  const scale = await expectStatus(200, send(api, "GET", `${CRONTABS}/scaled/scale`));
  assert.deepEqual([scale.kind, scale.apiVersion, scale.spec, scale.status], ["Scale", "autoscaling/v1", { replicas: 2 }, { replicas: 0 }]);
  const put = await expectStatus(200, send(api, "PUT", `${CRONTABS}/scaled/scale`, { ...scale, spec: { replicas: 4 } }));
  assert.equal(put.spec.replicas, 4);
  await expectStatus(409, send(api, "PUT", `${CRONTABS}/scaled/scale`, { ...scale, spec: { replicas: 5 } }));
  await expectStatus(422, send(api, "PATCH", `${CRONTABS}/scaled/scale`, { spec: { replicas: 99 } }, "application/merge-patch+json"));
  await expectStatus(422, send(api, "PATCH", `${CRONTABS}/scaled/scale`, { spec: { replicas: -1 } }, "application/merge-patch+json"));
  await expectStatus(415, send(api, "PATCH", `${CRONTABS}/scaled/scale`, [], "application/json-patch+json"));
  const { spec, metadata } = await expectStatus(200, send(api, "GET", `${CRONTABS}/scaled`));
  assert.deepEqual([spec.replicas, metadata.generation], [4, 2]);
  const deployments = "/apis/apps/v1/namespaces/default/deployments";
  await expectStatus(
    201,
    send(api, "POST", deployments, { metadata: { name: "app" }, spec: { replicas: 1, selector: { matchLabels: { a: "b" } } } }),
  );
  const scaled = await expectStatus(
    200,
    send(api, "PATCH", `${deployments}/app/scale`, { spec: { replicas: 3 } }, "application/merge-patch+json"),
  );
  assert.deepEqual([scaled.spec, scaled.status.selector], [{ replicas: 3 }, "a=b"]);
  await expectStatus(404, send(api, "GET", "/api/v1/namespaces/default/configmaps/x/scale"));
});
