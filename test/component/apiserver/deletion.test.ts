import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isNotFound } from "../../../src/kube/error.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { type RawAnswer, rawRequest } from "../../support/raw-request.ts";
import { CONFIG_MAP, configMap, NAMESPACE } from "./objects.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const PATH = "/api/v1/namespaces/default/configmaps";
const JSON_TYPE = { "content-type": "application/json" };

async function make(name: string, more: Partial<KubeObject["metadata"]> = {}, namespace = "default"): Promise<KubeObject> {
  const object = configMap(name, {}, namespace);
  return api.client.create(CONFIG_MAP, { ...object, metadata: { ...object.metadata, ...more } });
}

const ownedBy = ({ metadata }: KubeObject, blockOwnerDeletion = false) => ({
  ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: metadata.name, uid: metadata.uid as string, blockOwnerDeletion }],
});

const remove = (name: string, options?: object, query = ""): Promise<RawAnswer> =>
  rawRequest(api, "DELETE", `${PATH}/${name}${query}`, options === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(options) });

async function exists(name: string): Promise<boolean> {
  try {
    await api.client.get(CONFIG_MAP, name, "default");
    return true;
  } catch (error) {
    assert.ok(isNotFound(error));
    return false;
  }
}

const release = (name: string) => api.client.patch(CONFIG_MAP, name, "default", { metadata: { finalizers: null } });

test("dependents go with their owner, through any number of links, in the same write", async () => {
  let owner = await make("chain-0");
  for (let link = 1; link <= 50; link += 1) owner = await make(`chain-${link}`, ownedBy(owner));
  await remove("chain-0");
  for (const name of ["chain-0", "chain-1", "chain-50"]) assert.equal(await exists(name), false);
});

test("a dependent with another owner stays, and forgets the one that is gone", async () => {
  const [one, other] = [await make("one"), await make("other")];
  const both = [...ownedBy(one).ownerReferences, ...ownedBy(other).ownerReferences];
  await make("shared", { ownerReferences: both });
  await remove("one");
  const { ownerReferences = [] } = (await api.client.get(CONFIG_MAP, "shared", "default")).metadata;
  assert.deepEqual(
    ownerReferences.map(({ name }) => name),
    ["other"],
  );
  await remove("other");
  assert.equal(await exists("shared"), false);
});

test("orphans stay", async () => {
  await make("orphan", ownedBy(await make("parent")));
  await remove("parent", undefined, "?propagationPolicy=Orphan");
  assert.equal((await api.client.get(CONFIG_MAP, "orphan", "default")).metadata.ownerReferences, undefined);
});

test("in the foreground an owner waits for the dependents that block it", async () => {
  const owner = await make("waiting");
  await make("blocks", { ...ownedBy(owner, true), finalizers: ["test.dev/hold"] });
  await make("follows", ownedBy(owner));
  const { json } = await remove("waiting", { propagationPolicy: "Foreground" });
  assert.deepEqual((json.metadata as { finalizers: string[] }).finalizers, ["foregroundDeletion"]);
  assert.deepEqual([await exists("waiting"), await exists("follows")], [true, true]);
  await release("blocks");
  assert.deepEqual([await exists("blocks"), await exists("waiting"), await exists("follows")], [false, false, false]);
});

test("an object with finalizers is marked, can get no more of them, and goes with the last", async () => {
  const made = await make("held", { finalizers: ["test.dev/a", "test.dev/b"] });
  const marked = (await remove("held")).json as unknown as KubeObject;
  assert.ok(marked.metadata.deletionTimestamp);
  assert.equal(marked.metadata.deletionGracePeriodSeconds, 0);
  assert.equal(marked.metadata.generation, (made.metadata.generation ?? 0) + 1);
  const more = await rawRequest(api, "PATCH", `${PATH}/held`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ metadata: { finalizers: ["test.dev/a", "test.dev/b", "test.dev/c"] } }),
  });
  assert.deepEqual([more.status, more.json.reason], [422, "Invalid"]);
  assert.equal((await remove("held")).status, 200, "once more changes nothing");
  await api.client.patch(CONFIG_MAP, "held", "default", { metadata: { finalizers: ["test.dev/b"] } });
  assert.equal(await exists("held"), true);
  await release("held");
  assert.equal(await exists("held"), false);
});

test("preconditions say which object, in which state", async () => {
  const made = await make("sure");
  for (const preconditions of [{ uid: "another" }, { resourceVersion: "1" }]) {
    const { status, json } = await remove("sure", { preconditions });
    assert.deepEqual([status, json.reason], [409, "Conflict"]);
  }
  const { uid, resourceVersion } = made.metadata;
  const done = await remove("sure", {
    kind: "DeleteOptions",
    apiVersion: "v1",
    preconditions: { uid, resourceVersion },
    gracePeriodSeconds: 0,
  });
  assert.deepEqual([done.status, done.json.status, (done.json.details as { uid: string }).uid], [200, "Success", uid]);
});

test("a dry run of a deletion deletes nothing", async () => {
  await make("stays");
  const revision = api.store.revision;
  for (const [options, query] of [
    [{ dryRun: ["All"] }, ""],
    [undefined, "?dryRun=All"],
  ] as const) {
    assert.equal((await remove("stays", options, query)).status, 200);
  }
  assert.deepEqual([await exists("stays"), api.store.revision], [true, revision]);
});

const refused: readonly (readonly [options: object, code: number])[] = [
  [{ propagationPolicy: "Sideways" }, 422],
  [{ propagationPolicy: "Orphan", orphanDependents: true }, 422],
  [{ dryRun: ["Some"] }, 422],
  [{ dryRun: "All" }, 400],
  [{ preconditions: "mine" }, 400],
  [{ preconditions: { uid: 7 } }, 400],
  [{ gracePeriodSeconds: "soon" }, 400],
  [{ kind: "ConfigMap" }, 400],
  [[], 400],
];
for (const [options, code] of refused) {
  test(`DeleteOptions ${JSON.stringify(options)} are refused with ${code}`, async () => {
    const { status, json } = await remove("default-does-not-matter", options);
    assert.deepEqual([status, json.kind], [code, "Status"]);
  });
}

test("a namespace with things in it takes them along; with some that are held it says what it waits for", async () => {
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "doomed" } });
  await make("goes", {}, "doomed");
  await make("held", { finalizers: ["test.dev/hold"] }, "doomed");
  const { json } = await rawRequest(api, "DELETE", "/api/v1/namespaces/doomed");
  const { phase, conditions } = json.status as { phase: string; conditions: { type: string; message: string }[] };
  assert.equal(phase, "Terminating");
  assert.match(
    conditions.map(({ message }) => message).join("\n"),
    /configmaps has 1 resource instances[\s\S]*test\.dev\/hold in 1 resource instances/,
  );
  const late = await rawRequest(api, "POST", "/api/v1/namespaces/doomed/configmaps", {
    headers: JSON_TYPE,
    body: '{"metadata":{"name":"late"}}',
  });
  assert.deepEqual([late.status, late.json.reason], [403, "Forbidden"]);
  assert.equal((late.json.details as { causes: { reason: string }[] }).causes[0]?.reason, "NamespaceTerminating");
  assert.equal((await rawRequest(api, "GET", "/api/v1/namespaces/doomed/configmaps/goes")).status, 404);
  await api.client.patch(CONFIG_MAP, "held", "doomed", { metadata: { finalizers: null } });
  assert.equal((await rawRequest(api, "GET", "/api/v1/namespaces/doomed")).status, 404);
  const permanent = await rawRequest(api, "DELETE", "/api/v1/namespaces/default");
  assert.equal(permanent.status, 403);
});
