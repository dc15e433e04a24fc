import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../support/api.ts";
import { waitFor } from "../../support/mesh.ts";
import { rawRequest } from "../../support/raw-request.ts";
import { CONFIG_MAP, configMap, WORKLOAD, workload } from "./objects.ts";

interface Entry {
  readonly kind: string;
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: object;
  readonly responseStatus: { readonly code: number };
}

const entries: Entry[] = [];
let api: TestApi;
before(async () => {
  api = await startApi({ audit: (line) => entries.push(JSON.parse(line) as Entry) });
});
after(() => api.close());

const PATH = "/api/v1/namespaces/default/configmaps";
const JSON_TYPE = { "content-type": "application/json" };

/** The next entry, once its request is over. */
async function next(): Promise<Entry> {
  return waitFor("a line of audit", () => entries.shift());
}

test("every write leaves one line that says who, what and what became of it", async () => {
  const made = await rawRequest(api, "POST", PATH, {
    headers: JSON_TYPE,
    body: '{"metadata":{"generateName":"told-"},"data":{"secret":"hidden"}}',
  });
  const { name } = made.json.metadata as { name: string };
  const entry = await next();
  assert.equal(entry.kind, "Event");
  assert.equal(entry.auditID, made.headers["audit-id"]);
  assert.deepEqual([entry.verb, entry.user.username, entry.responseStatus.code], ["create", "test", 201]);
  assert.deepEqual(entry.objectRef, { resource: "configmaps", namespace: "default", name, apiVersion: "v1" });
  assert.doesNotMatch(JSON.stringify(entry), /hidden/, "what is written stays between client and server");

  await rawRequest(api, "DELETE", `${PATH}/${name}?dryRun=All`);
  const dry = await next();
  assert.deepEqual([dry.verb, dry.requestURI, dry.responseStatus.code], ["delete", `${PATH}/${name}?dryRun=All`, 200]);
  await rawRequest(api, "DELETE", PATH);
  assert.equal((await next()).verb, "deletecollection");
});

test("what is refused is told too", async () => {
  await rawRequest(api, "PUT", `${PATH}/absent`, { headers: JSON_TYPE, body: '{"metadata":{"name":"absent"}}' });
  const missing = await next();
  assert.deepEqual([missing.verb, missing.responseStatus.code], ["update", 404]);
  await rawRequest(api, "POST", PATH, { headers: JSON_TYPE, body: "{" });
  assert.equal((await next()).responseStatus.code, 400);
  const foreign = await rawRequest(api, "POST", PATH, { token: "not an admin's", headers: JSON_TYPE, body: "{}" });
  const entry = await next();
  assert.deepEqual([entry.user.username, entry.responseStatus.code], ["system:anonymous", foreign.status]);
});

test("reading and the routine of controllers are left out", async () => {
  await api.client.create(WORKLOAD, workload("quiet"));
  assert.equal((await next()).verb, "create");
  await api.client.patch(WORKLOAD, "quiet", "default", { status: { phase: "Running" } }, { subresource: "status" });
  await api.client.list(WORKLOAD);
  await api.client.create(CONFIG_MAP, configMap("last"));
  assert.deepEqual((await next()).objectRef, { resource: "configmaps", namespace: "default", name: "last", apiVersion: "v1" });
  assert.equal(entries.length, 0);
});
