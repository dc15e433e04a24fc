import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { request } from "node:https";
import { after, before, test } from "node:test";
import type { KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { rawRequest } from "../../support/raw-request.ts";
import { CONFIG_MAP, configMap, NAMESPACE } from "./objects.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "lists" } });
});
after(() => api.close());

const PATH = "/api/v1/namespaces/lists/configmaps";

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly KubeObject[];
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

async function list(query: string): Promise<List> {
  return (await rawRequest(api, "GET", `${PATH}?${query}`)).json as unknown as List;
}

const namesOf = ({ items }: List): string => items.map(({ metadata }) => metadata.name).join(" ");

test("every page shows the state of the first, whatever happens in between", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) await api.client.create(CONFIG_MAP, configMap(name, {}, "lists"));
  const first = await list("limit=2");
  assert.deepEqual([namesOf(first), first.metadata.remainingItemCount], ["a b", 3]);
  await api.client.delete(CONFIG_MAP, "c", "lists");
  await api.client.patch(CONFIG_MAP, "d", "lists", { data: { late: "yes" } });
  await api.client.create(CONFIG_MAP, configMap("dd", {}, "lists"));
  const second = await list(`limit=2&continue=${first.metadata.continue}`);
  assert.equal(namesOf(second), "c d");
  assert.deepEqual(second.items[1]?.data, {});
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const last = await list(`limit=2&continue=${second.metadata.continue}`);
  assert.deepEqual([namesOf(last), last.metadata.continue], ["e", undefined]);
  assert.equal(namesOf(await list("")), "a b d dd e");
  const selected = await list("limit=1&labelSelector=!none");
  assert.equal(selected.metadata.remainingItemCount, undefined, "who selects is not told how much there is");
});

test("a state can be asked for exactly, or at least; the future is a time-out", async () => {
  const then = (await list("")).metadata.resourceVersion;
  await api.client.create(CONFIG_MAP, configMap("f", {}, "lists"));
  assert.equal(namesOf(await list(`resourceVersion=${then}&resourceVersionMatch=Exact`)), "a b d dd e");
  assert.equal(namesOf(await list(`resourceVersion=${then}&limit=100`)), "a b d dd e", "with a limit, a named state is exact");
  assert.equal(namesOf(await list(`resourceVersion=${then}&resourceVersionMatch=NotOlderThan`)), "a b d dd e f");
  assert.equal(namesOf(await list("resourceVersion=0")), "a b d dd e f");
  const future = Number(then) + 1000;
  for (const path of [`${PATH}?resourceVersion=${future}`, `${PATH}/a?resourceVersion=${future}`]) {
    const { status, json, headers } = await rawRequest(api, "GET", path);
    assert.deepEqual([status, json.reason, headers["retry-after"]], [504, "Timeout", "1"]);
    assert.match(String(json.message), /^Timeout: Too large resource version: \d+, current: \d+$/);
    assert.equal((json.details as { causes: { reason: string }[] }).causes[0]?.reason, "ResourceVersionTooLarge");
  }
});

test("a token whose state is forgotten is 410 with one that goes on in the present", async () => {
  const first = await list("limit=2");
  const old = first.metadata.resourceVersion;
  for (let index = 0; index < 2100; index += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, more) => api.client.patch(CONFIG_MAP, "b", "lists", { data: { a: String(index + more) } })),
    );
  }
  const gone = await list(`limit=2&continue=${first.metadata.continue}`);
  assert.deepEqual([gone.code, gone.reason], [410, "Expired"]);
  const next = await list(`limit=2&continue=${gone.metadata.continue}`);
  assert.equal(namesOf(next), "d dd");
  assert.equal((await list(`resourceVersion=${old}&resourceVersionMatch=Exact`)).code, 410);
});

const refused: readonly (readonly [query: string, code: number, message: RegExp])[] = [
  ["resourceVersionMatch=Exact", 422, /forbidden unless resourceVersion is provided/],
  ["resourceVersionMatch=Exact&resourceVersion=0", 422, /forbidden for resourceVersion "0"/],
  ["resourceVersionMatch=Newest&resourceVersion=1", 422, /Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""/],
  ["sendInitialEvents=true", 422, /sendInitialEvents is forbidden for list/],
  ["watch=1&sendInitialEvents=true", 422, /requires setting resourceVersionMatch to NotOlderThan/],
  ["watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1", 422, /forbidden for watch unless sendInitialEvents/],
  ["continue=abc&resourceVersion=5", 400, /not allowed when using continue/],
  ["continue=abc", 400, /continue key is not valid/],
  ["resourceVersion=new", 400, /invalid resource version/],
  ["limit=many", 400, /limit/],
  ["watch=1&timeoutSeconds=soon", 400, /timeoutSeconds/],
  ["labelSelector=a%20in%20b", 400, /unable to parse requirement/],
  ["labelSelector=a%20b", 400, /unable to parse requirement/],
  ["labelSelector=,", 400, /unable to parse requirement/],
  ["labelSelector=a%3Db%3Dc", 400, /unable to parse requirement/],
  ["labelSelector=-a-", 400, /Invalid value/],
  ["labelSelector=a%3E1.5", 400, /must be an integer/],
  ["fieldSelector=spec.nothing", 400, /invalid selector/],
  ["fieldSelector=metadata.labels%3Dx", 400, /field label not supported: metadata.labels/],
];
for (const [query, code, message] of refused) {
  test(`${query} is refused with ${code}`, async () => {
    const { status, json } = await rawRequest(api, "GET", `${PATH}?${query}`);
    assert.equal(status, code);
    assert.match(String(json.message), message);
  });
}

const selectors: readonly (readonly [selector: string, names: string])[] = [
  ["tier=web", "s1"],
  ["tier==web", "s1"],
  ["tier = web", "s1"],
  ["tier!=web", "s2 s3"],
  ["tier", "s1 s2"],
  ["!tier", "s3"],
  ["tier in (web,db)", "s1 s2"],
  ["tier in(web)", "s1"],
  ["tier in ()", ""],
  ["tier notin (web)", "s2 s3"],
  ["size>5", "s2"],
  ["size<5", "s1"],
  ["size>5,tier=web", ""],
  ["size,tier in (db, web),tier!=db", "s1"],
  ["example.com/in=in", "s3"],
  ["in=x", ""],
  ["empty=", "s3"],
];
test("label selectors know every operator", async () => {
  const labels: Record<string, string>[] = [
    { tier: "web", size: "3" },
    { tier: "db", size: "8" },
    { "example.com/in": "in", empty: "" },
  ];
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "labels" } });
  for (const [index, each] of labels.entries()) {
    const { metadata, ...rest } = configMap(`s${index + 1}`, {}, "labels");
    await api.client.create(CONFIG_MAP, { ...rest, metadata: { ...metadata, labels: each } });
  }
  for (const [selector, names] of selectors) {
    const path = `/api/v1/namespaces/labels/configmaps?labelSelector=${encodeURIComponent(selector)}`;
    const { json } = await rawRequest(api, "GET", path);
    assert.ok(Array.isArray(json.items), `${selector}: ${String(json.message)}`);
    assert.equal(namesOf(json as unknown as List), names, selector);
  }
});

test("field selectors choose by name, by namespace, and events by what they are about", async () => {
  const event = (name: string, about: string): string =>
    JSON.stringify({ metadata: { name }, involvedObject: { kind: "Service", name: about }, reason: "Tested", type: "Normal" });
  for (const [name, about] of [
    ["e1", "api"],
    ["e2", "web,1"],
  ] as const) {
    await rawRequest(api, "POST", "/api/v1/namespaces/lists/events", {
      headers: { "content-type": "application/json" },
      body: event(name, about),
    });
  }
  const select = async (path: string, selector: string): Promise<string> =>
    namesOf((await rawRequest(api, "GET", `${path}?fieldSelector=${encodeURIComponent(selector)}`)).json as unknown as List);
  assert.equal(await select("/api/v1/events", "involvedObject.name=api"), "e1");
  assert.equal(await select("/api/v1/events", "involvedObject.kind=Service,involvedObject.name!=api"), "e2");
  assert.equal(await select("/api/v1/events", "involvedObject.name=web\\,1"), "e2");
  assert.equal(await select("/api/v1/configmaps", "metadata.namespace=labels,metadata.name!=s1"), "s2 s3");
  assert.equal(await select(PATH, "metadata.name==a"), "a");
});

test("answers are packed, indented and sent in pieces on request, and say the same", async () => {
  const text = "x".repeat(100_000);
  await Promise.all(Array.from({ length: 20 }, (_, index) => api.client.create(CONFIG_MAP, configMap(`big-${index}`, { text }, "lists"))));
  const whole = await rawRequest(api, "GET", PATH);
  assert.equal(whole.headers["transfer-encoding"], "chunked", "two megabytes leave piece by piece");
  for (const path of [PATH, `${PATH}/big-1`, `${PATH}?limit=3`]) {
    const plain = await rawRequest(api, "GET", path);
    const packed = await new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${api.token}`, "accept-encoding": "gzip" };
      request(`${api.url}${path}`, { ca: api.caPem, agent: false, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ encoding: response.headers["content-encoding"], body: Buffer.concat(chunks) }));
      })
        .on("error", reject)
        .end();
    });
    const small = plain.text.length < 128 * 1024;
    assert.equal(packed.encoding, small ? undefined : "gzip");
    assert.equal((small ? packed.body : gunzipSync(packed.body)).toString(), plain.text);
  }
  const pretty = await rawRequest(api, "GET", `${PATH}/a?pretty=true`);
  assert.equal(pretty.text, `${JSON.stringify(pretty.json, null, 2)}\n`);
  const yaml = await rawRequest(api, "GET", `${PATH}?limit=2`, { headers: { accept: "application/yaml" } });
  assert.match(yaml.text, /^kind: ConfigMapList\napiVersion: v1\nmetadata:\n[\s\S]*\nitems:\n- apiVersion: v1\n {2}kind: ConfigMap\n/);
});
