import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isConflict, isNotFound, KubeError } from "../../../src/kube/error.ts";
import type { Condition, KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { rawRequest } from "../../support/raw-request.ts";
import { CONFIG_MAP, configMap, FAULT, fault, NAMESPACE, ref, ROUTE, SERVICE, service, WORKLOAD, workload } from "./objects.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api.close());

async function refusal(promise: Promise<unknown>): Promise<KubeError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof KubeError, String(error));
    return error;
  }
  assert.fail("was not refused");
}

test("the permanent namespaces and the MeshConfig exist from the start", async () => {
  const { items } = await api.client.list(NAMESPACE);
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ["default", "kube-system", "meshctl-system"],
  );
  assert.equal((await api.client.get(ref("meshconfig"), "default")).kind, "MeshConfig");
});

test("a new object gets its identity, its defaults and its first generation; what it says about that is not believed", async () => {
  const given = { ...workload("fresh"), status: { phase: "Running" } };
  Object.assign(given.metadata, { uid: "mine", generation: 7, creationTimestamp: "2000-01-01T00:00:00Z" });
  const made = await api.client.create(WORKLOAD, given);
  assert.match(made.metadata.uid ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(made.metadata.generation, 1);
  assert.notEqual(made.metadata.creationTimestamp, "2000-01-01T00:00:00Z");
  assert.equal(made.status, undefined, "the status has a door of its own");
  assert.equal((made.spec as { leaseDurationSeconds: number }).leaseDurationSeconds, 8);
  assert.deepEqual(await api.client.get(WORKLOAD, "fresh", "default"), made);
});

test("a name can be taken once; generateName finds free ones", async () => {
  await api.client.create(SERVICE, service("once"));
  const again = await refusal(api.client.create(SERVICE, service("once")));
  assert.deepEqual([again.status, again.reason, again.exitCode], [409, "AlreadyExists", 4]);
  const generated = { ...configMap(""), metadata: { name: "", generateName: "cm-", namespace: "default" } };
  const names = await Promise.all([1, 2, 3].map(async () => (await api.client.create(CONFIG_MAP, generated)).metadata.name));
  assert.equal(new Set(names).size, 3);
  for (const name of names) assert.match(name, /^cm-[a-z0-9]{5}$/);
});

test("an update must have seen what it replaces; one that changes nothing makes no new state", async () => {
  const first = await api.client.create(WORKLOAD, workload("seen"));
  const second = await api.client.update(WORKLOAD, { ...first, spec: { ...(first.spec as object), version: "v2" } });
  assert.equal(second.metadata.generation, 2);
  const stale = await refusal(api.client.update(WORKLOAD, { ...first, spec: { ...(first.spec as object), version: "v3" } }));
  assert.ok(isConflict(stale));
  const blind = structuredClone(second);
  delete blind.metadata.resourceVersion;
  assert.equal((await refusal(api.client.update(WORKLOAD, blind))).causes[0]?.field, "metadata.resourceVersion");
  const same = await api.client.update(WORKLOAD, second);
  assert.equal(same.metadata.resourceVersion, second.metadata.resourceVersion);
  const labelled = await api.client.update(WORKLOAD, { ...second, metadata: { ...second.metadata, labels: { a: "b" } } });
  assert.equal(labelled.metadata.generation, 2, "labels are not the wish");
  const reborn = await refusal(api.client.update(WORKLOAD, { ...labelled, metadata: { ...labelled.metadata, uid: "other" } }));
  assert.ok(isConflict(reborn));
});

test("of many updates of one state exactly one wins", async () => {
  const base = await api.client.create(CONFIG_MAP, configMap("race"));
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => api.client.update(CONFIG_MAP, { ...base, data: { winner: String(index) } })),
  );
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  for (const result of results) if (result.status === "rejected") assert.ok(isConflict(result.reason));
});

test("concurrent patches are all kept, one after the other", async () => {
  await api.client.create(CONFIG_MAP, configMap("many"));
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => api.client.patch(CONFIG_MAP, "many", "default", { data: { [`k${index}`]: "x" } })),
  );
  const { data } = await api.client.get<KubeObject & { data: object }>(CONFIG_MAP, "many", "default");
  assert.equal(Object.keys(data).length, 50);
});

test("merge patches remove with null, and a stale resourceVersion in them conflicts", async () => {
  const made = await api.client.create(CONFIG_MAP, configMap("merge", { a: "1", b: "2" }));
  const patched = await api.client.patch<KubeObject & { data: object }>(CONFIG_MAP, "merge", "default", { data: { a: null, c: "3" } });
  assert.deepEqual(patched.data, { b: "2", c: "3" });
  const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { d: "4" } };
  assert.ok(isConflict(await refusal(api.client.patch(CONFIG_MAP, "merge", "default", stale))));
  const renamed = await refusal(api.client.patch(CONFIG_MAP, "merge", "default", { metadata: { name: "other" } }));
  assert.equal(renamed.status, 400);
});

test("JSON patches apply whole or not at all", async () => {
  await api.client.create(CONFIG_MAP, configMap("json", { a: "1" }));
  const path = "/api/v1/namespaces/default/configmaps/json";
  const headers = { "content-type": "application/json-patch+json" };
  const send = (operations: unknown) => rawRequest(api, "PATCH", path, { headers, body: JSON.stringify(operations) });
  const done = await send([
    { op: "test", path: "/data/a", value: "1" },
    { op: "add", path: "/data/b", value: "2" },
  ]);
  assert.deepEqual([done.status, done.json.data], [200, { a: "1", b: "2" }]);
  const failed = await send([
    { op: "add", path: "/data/c", value: "3" },
    { op: "test", path: "/data/a", value: "other" },
  ]);
  assert.equal(failed.status, 422);
  assert.equal((await send([{ op: "add", path: "/__proto__/polluted", value: 1 }])).status, 422);
  assert.equal((await send({ op: "add" })).status, 400);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.deepEqual((await rawRequest(api, "GET", path)).json.data, { a: "1", b: "2" });
});

test("the status is written apart from the wish", async () => {
  const made = await api.client.create(FAULT, fault("apart", "api"));
  const condition: Condition = {
    type: "Accepted",
    status: "True",
    reason: "Accepted",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  const written = await api.client.updateStatus(FAULT, { ...made, spec: {}, status: { conditions: [condition] } });
  assert.deepEqual(written.spec, made.spec);
  const odd = await refusal(api.client.updateStatus(FAULT, { ...written, status: { condition: [] } }));
  assert.deepEqual([odd.status, odd.causes[0]?.field], [400, "status.condition"]);
  assert.equal(written.metadata.generation, 1);
  const wish = await api.client.update(FAULT, {
    ...written,
    status: {},
    spec: { ...(written.spec as object), expiresAt: "2030-01-01T00:00:00Z" },
  });
  assert.deepEqual(wish.status, { conditions: [condition] });
  const patched = await api.client.patch(FAULT, "apart", "default", { status: { conditions: [] } }, { subresource: "status" });
  assert.deepEqual([patched.status, patched.metadata.generation], [{ conditions: [] }, 2]);
});

test("unknown fields are errors with the field that was meant; Warn drops them and says so", async () => {
  const misspelt = { ...workload("typo"), spec: { workload: "typo", serviceAccount: "typo", servces: [] } };
  const strict = await refusal(api.client.create(WORKLOAD, misspelt));
  assert.deepEqual([strict.status, strict.reason, strict.causes[0]?.field], [400, "BadRequest", "spec.servces"]);
  assert.match(strict.message, /did you mean "services"\?/);
  const path = "/apis/meshctl.dev/v1alpha1/namespaces/default/workloads?fieldValidation=";
  const warned = await rawRequest(api, "POST", `${path}Warn`, {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(misspelt),
  });
  assert.equal(warned.status, 201);
  assert.match(String(warned.headers.warning), /^299 - "unknown field \\"spec\.servces\\"/);
  assert.equal("servces" in (warned.json.spec as object), false);
  const ignored = await rawRequest(api, "POST", `${path}Ignore`, { body: JSON.stringify({ ...misspelt, metadata: { name: "typo2" } }) });
  assert.deepEqual([ignored.status, ignored.headers.warning], [201, undefined]);
  assert.equal((await rawRequest(api, "POST", `${path}Loud`, { body: JSON.stringify(misspelt) })).status, 400);
});

test("what a valid object asks for and does not get is said in Warning headers, one for each field", async () => {
  const route = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "half" },
    spec: { parentRefs: [{ group: "", kind: "Service", name: "api" }], rules: [{ timeouts: { request: "1s" }, retry: {} }] },
  };
  const { status, headers } = await rawRequest(api, "POST", "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(route),
  });
  assert.equal(status, 201);
  const warnings = String(headers.warning);
  for (const field of ["timeouts", "retry"])
    assert.match(warnings, new RegExp(`299 - "spec\\.rules\\[0\\]\\.${field}: is not supported yet`));
});

test("everything wrong with an object is said at once, each with its field", async () => {
  const wrong = { ...fault("wrong", "api"), spec: { rules: [{ abort: { httpStatus: 99, percent: 101 } }, { delay: { fixed: "soon" } }] } };
  const error = await refusal(api.client.create(FAULT, wrong));
  assert.deepEqual([error.status, error.reason], [422, "Invalid"]);
  assert.deepEqual(error.causes.map(({ field }) => field).sort(), [
    "spec.rules[0].abort.httpStatus",
    "spec.rules[0].abort.percent",
    "spec.rules[1].delay.fixed",
  ]);
});

test("a dry run judges like the write itself, and leaves nothing", async () => {
  const revision = api.store.revision;
  const made = await api.client.create(SERVICE, service("dry"), { dryRun: true });
  assert.ok(made.metadata.uid);
  assert.ok(isNotFound(await refusal(api.client.get(SERVICE, "dry", "default"))));
  await api.client.create(CONFIG_MAP, configMap("wet", { a: "1" }));
  await api.client.patch(CONFIG_MAP, "wet", "default", { data: { a: "2" } }, { dryRun: true });
  await api.client.delete(CONFIG_MAP, "wet", "default", { dryRun: true });
  assert.deepEqual((await api.client.get(CONFIG_MAP, "wet", "default")).data, { a: "1" });
  assert.equal(api.store.revision, revision + 1);
  assert.equal((await refusal(api.client.create(CONFIG_MAP, configMap("wet"), { dryRun: true }))).reason, "AlreadyExists");
});

test("older served versions are taken and stored as the newest, and each client reads its own", async () => {
  const route = {
    apiVersion: "gateway.networking.k8s.io/v1beta1",
    kind: "HTTPRoute",
    metadata: { name: "old", namespace: "default" },
    spec: { parentRefs: [{ group: "", kind: "Service", name: "api" }], rules: [{ backendRefs: [{ name: "api", port: 80 }] }] },
  };
  const old = await api.client.create({ ...ROUTE, version: "v1beta1" }, route);
  assert.equal(old.apiVersion, "gateway.networking.k8s.io/v1beta1");
  assert.equal((await api.client.get(ROUTE, "old", "default")).apiVersion, "gateway.networking.k8s.io/v1");
  assert.equal((await refusal(api.client.create(ROUTE, route))).status, 400, "the version in the data is the version of the URL");
});

test("kinds that mean nothing here are stored as given", async () => {
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "given", namespace: "default" },
    spec: { anything: { at: ["all", 1, null, true] } },
  };
  const made = await api.client.create(ref("deployments"), deployment);
  assert.deepEqual(made.spec, deployment.spec);
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "system:odd" }, rules: [] };
  assert.deepEqual((await api.client.create(ref("clusterroles"), role)).rules, []);
});

test("selectors choose; what cannot be read is refused", async () => {
  for (const [name, labels] of [
    ["sel-a", { tier: "front", app: "x" }],
    ["sel-b", { tier: "back" }],
    ["sel-c", {}],
  ] as const) {
    await api.client.create(SERVICE, service(name, labels));
  }
  const table: [string, string[]][] = [
    ["tier=front", ["sel-a"]],
    ["tier==front,app", ["sel-a"]],
    ["tier!=front", ["sel-b", "sel-c"]],
    ["tier in (front, back),!app", ["sel-b"]],
    ["tier notin (front)", ["sel-b", "sel-c"]],
    ["!tier", ["sel-c"]],
  ];
  for (const [labelSelector, names] of table) {
    const { items } = await api.client.list(SERVICE, { namespace: "default", labelSelector });
    const found = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("sel-"));
    assert.deepEqual(found, names, labelSelector);
  }
  const named = await api.client.list(SERVICE, { fieldSelector: "metadata.name=sel-b,metadata.namespace=default" });
  assert.equal(named.items.length, 1);
  assert.equal((await refusal(api.client.list(SERVICE, { labelSelector: "a in b" }))).status, 400);
  assert.equal((await refusal(api.client.list(SERVICE, { fieldSelector: "metadata.nme=x" }))).status, 400);
});

test("lists come in pages under one resourceVersion", async () => {
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "paged" } });
  for (let index = 0; index < 7; index += 1) await api.client.create(CONFIG_MAP, configMap(`p${index}`, {}, "paged"));
  const path = "/api/v1/namespaces/paged/configmaps?limit=3";
  type Page = { items: KubeObject[]; metadata: { continue?: string; resourceVersion: string; remainingItemCount?: number } };
  const names: string[] = [];
  let token = "";
  const versions = new Set<string>();
  for (let page = 0; page < 3; page += 1) {
    const { items, metadata } = (await rawRequest(api, "GET", `${path}&continue=${token}`)).json as unknown as Page;
    names.push(...items.map((item) => item.metadata.name));
    versions.add(metadata.resourceVersion);
    assert.equal(metadata.remainingItemCount, [4, 1, undefined][page]);
    token = metadata.continue ?? "";
  }
  assert.deepEqual([names.length, new Set(names).size, versions.size, token], [7, 7, 1, ""]);
  assert.equal((await rawRequest(api, "GET", `${path}&continue=nonsense`)).status, 400);
  assert.equal((await rawRequest(api, "GET", `${path}&limit=-1`)).status, 200, "the first limit counts");
  assert.equal((await rawRequest(api, "GET", "/api/v1/configmaps?limit=-1")).status, 400);
});

test("objects live in namespaces that exist, and go with them", async () => {
  const nowhere = await refusal(api.client.create(SERVICE, service("lost", {}, "nowhere")));
  assert.deepEqual([nowhere.status, nowhere.message], [404, 'namespaces "nowhere" not found']);
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "brief" } });
  await api.client.create(SERVICE, service("inside", {}, "brief"));
  await api.client.create(WORKLOAD, workload("inside", "brief"));
  await api.client.delete(NAMESPACE, "brief");
  assert.ok(isNotFound(await refusal(api.client.get(SERVICE, "inside", "brief"))));
  assert.ok(isNotFound(await refusal(api.client.get(WORKLOAD, "inside", "brief"))));
  assert.ok(isNotFound(await refusal(api.client.get(NAMESPACE, "brief"))));
  assert.equal((await refusal(api.client.delete(NAMESPACE, "default"))).status, 403);
});

test("finalizers hold a deletion, also that of a namespace, until they are taken off", async () => {
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "held" } });
  const held = configMap("held", {}, "held");
  await api.client.create(CONFIG_MAP, { ...held, metadata: { ...held.metadata, finalizers: ["meshctl.dev/test"] } });
  await api.client.delete(NAMESPACE, "held");
  const namespace = await api.client.get<KubeObject<unknown, { phase: string }>>(NAMESPACE, "held");
  assert.equal(namespace.status?.phase, "Terminating");
  const late = await refusal(api.client.create(CONFIG_MAP, configMap("late", {}, "held")));
  assert.equal(late.status, 403);
  const waiting = await api.client.get(CONFIG_MAP, "held", "held");
  assert.ok(waiting.metadata.deletionTimestamp);
  await api.client.update(CONFIG_MAP, { ...waiting, metadata: { ...waiting.metadata, finalizers: [] } });
  assert.ok(isNotFound(await refusal(api.client.get(CONFIG_MAP, "held", "held"))));
  assert.ok(isNotFound(await refusal(api.client.get(NAMESPACE, "held"))));
});

test("deletions mind preconditions; a collection goes by its selectors", async () => {
  const made = await api.client.create(CONFIG_MAP, configMap("pre"));
  const path = "/api/v1/namespaces/default/configmaps";
  const remove = (preconditions: object) =>
    rawRequest(api, "DELETE", `${path}/pre`, { body: JSON.stringify({ kind: "DeleteOptions", preconditions }) });
  assert.equal((await remove({ uid: "other" })).status, 409);
  assert.equal((await remove({ resourceVersion: "1" })).status, 409);
  const gone = await remove({ uid: made.metadata.uid });
  assert.deepEqual([gone.status, gone.json.status], [200, "Success"]);
  assert.equal((await remove({})).status, 404);
  await api.client.create(CONFIG_MAP, { ...configMap("c1"), metadata: { name: "c1", namespace: "default", labels: { drop: "yes" } } });
  await api.client.create(CONFIG_MAP, configMap("c2"));
  const some = await rawRequest(api, "DELETE", `${path}?labelSelector=drop%3Dyes`);
  assert.equal((some.json.items as unknown[]).length, 1);
  assert.ok(await api.client.get(CONFIG_MAP, "c2", "default"));
});
