import assert from "node:assert/strict";
import { get, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { after, before, test } from "node:test";
import { isGone } from "../../../src/kube/error.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { waitFor } from "../../support/mesh.ts";
import { rawRequest } from "../../support/raw-request.ts";
import { CONFIG_MAP, configMap, NAMESPACE, SERVICE, service, WORKLOAD, workload } from "./objects.ts";

let api: TestApi;
before(async () => {
  api = await startApi({ watchLimits: { bookmarkMs: 30, maxBufferedBytes: 16 * 1024, farewellMs: 60_000 } });
});
after(() => api.close());

/** Collects events until `count` are there. */
async function collect(
  count: number,
  resourceVersion: string,
  options: { namespace?: string; labelSelector?: string } = {},
  bookmarks = false,
) {
  const abort = new AbortController();
  const deadline = setTimeout(() => abort.abort(), 5000);
  const events: string[] = [];
  for await (const { type, object } of api.client.watch(CONFIG_MAP, resourceVersion, { ...options, signal: abort.signal })) {
    if (type === "BOOKMARK" && !bookmarks) continue;
    events.push(`${type} ${object.metadata.name ?? ""}`.trim());
    if (events.length >= count) break;
  }
  clearTimeout(deadline);
  return events;
}

function open(path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(
      path.startsWith("/") ? `${api.url}${path}` : path,
      { ca: api.caPem, agent: false, headers: { authorization: `Bearer ${api.token}` }, ...options },
      resolve,
    ).on("error", reject);
  });
}

test("the head of a watch comes at once, though nothing happens", async () => {
  const response = await open(`/api/v1/configmaps?watch=1&resourceVersion=${api.store.revision}`);
  assert.deepEqual([response.statusCode, response.headers["transfer-encoding"]], [200, "chunked"]);
  response.destroy();
});

test("a watch tells every change after its resourceVersion, in order, and nothing else", async () => {
  const from = String(api.store.revision);
  await api.client.create(CONFIG_MAP, configMap("w1"));
  await api.client.create(SERVICE, service("unwatched"));
  await api.client.patch(CONFIG_MAP, "w1", "default", { data: { a: "b" } });
  await api.client.delete(CONFIG_MAP, "w1", "default");
  assert.deepEqual(await collect(3, from), ["ADDED w1", "MODIFIED w1", "DELETED w1"]);
});

test("without a resourceVersion it begins with what is there", async () => {
  await api.client.create(CONFIG_MAP, configMap("w2"));
  const waiting = collect(2, "", { namespace: "default" });
  setTimeout(() => void api.client.create(CONFIG_MAP, configMap("w3")), 20);
  assert.deepEqual(await waiting, ["ADDED w2", "ADDED w3"]);
});

test("a watch of one namespace does not hear of others", async () => {
  const from = String(api.store.revision);
  await api.client.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: "elsewhere" } });
  await api.client.create(CONFIG_MAP, configMap("far", {}, "elsewhere"));
  await api.client.create(CONFIG_MAP, configMap("near"));
  assert.deepEqual(await collect(1, from, { namespace: "default" }), ["ADDED near"]);
});

test("what begins or ceases to be selected is ADDED or DELETED for that watch", async () => {
  const from = String(api.store.revision);
  await api.client.create(CONFIG_MAP, configMap("moves"));
  const label = (value: string | null) => api.client.patch(CONFIG_MAP, "moves", "default", { metadata: { labels: { pick: value } } });
  await label("me");
  await api.client.patch(CONFIG_MAP, "moves", "default", { data: { a: "b" } });
  await label(null);
  await label("me");
  await api.client.delete(CONFIG_MAP, "moves", "default");
  const events = await collect(5, from, { labelSelector: "pick=me" });
  assert.deepEqual(
    events.map((event) => event.split(" ")[0]),
    ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"],
  );
});

test("bookmarks say how far a quiet watch is", async () => {
  await api.client.create(SERVICE, service("other-kind"));
  const abort = new AbortController();
  for await (const { type, object } of api.client.watch(CONFIG_MAP, String(api.store.revision), { signal: abort.signal })) {
    assert.equal(type, "BOOKMARK");
    assert.equal(object.metadata.resourceVersion, String(api.store.revision));
    break;
  }
  abort.abort();
});

test("initial events end with a marked bookmark", async () => {
  const response = await open(
    "/api/v1/namespaces?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan",
  );
  let text = "";
  for await (const chunk of response) {
    text += String(chunk);
    if (text.includes("initial-events-end")) break;
  }
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; object: KubeObject });
  assert.deepEqual(new Set(lines.slice(0, -1).map(({ type }) => type)), new Set(["ADDED"]));
  assert.equal(lines.at(-1)?.object.metadata.annotations?.["k8s.io/initial-events-end"], "true");
});

test("a watch of tables passes over states that look the same; one of objects tells all", async () => {
  const from = String(api.store.revision);
  const path = `/apis/meshctl.dev/v1alpha1/namespaces/default/workloads?watch=1&resourceVersion=${from}`;
  const renew = (second: number, more: object = {}) =>
    api.client.patch(
      WORKLOAD,
      "quiet",
      "default",
      { status: { phase: "Running", ready: [], renewTime: `2026-01-01T00:00:0${second}Z`, ...more } },
      { subresource: "status" },
    );
  await api.client.create(WORKLOAD, workload("quiet"));
  for (const second of [1, 2, 3]) await renew(second);
  await api.client.patch(WORKLOAD, "quiet", "default", { metadata: { labels: { a: "b" } } });
  await renew(4, { ready: ["api:80"] });
  await renew(5, { ready: ["api:80"] });
  await api.client.patch(WORKLOAD, "quiet", "default", { spec: { leaseDurationSeconds: 60 } });
  await api.client.delete(WORKLOAD, "quiet", "default");
  const told = async (more: string, accept: string): Promise<string[]> => {
    const authorization = `Bearer ${api.token}`;
    const response = await open(path + more, { headers: { authorization, accept } });
    let text = "";
    for await (const chunk of response) {
      text += String(chunk);
      if (text.includes('"DELETED"')) break;
    }
    return [...text.matchAll(/^\{"type":"(ADDED|MODIFIED|DELETED)"/gm)].map(([, type = ""]) => type);
  };
  const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  const modified = (count: number) => ["ADDED", ...Array<string>(count).fill("MODIFIED"), "DELETED"];
  assert.deepEqual(await told("", asTable), modified(4), "running, label, ready, spec");
  assert.deepEqual(await told("&includeObject=Object", asTable), modified(7));
  assert.deepEqual(await told("", "application/json"), modified(7));
});

test("a watch ends at its timeoutSeconds", async () => {
  const response = await open(`/api/v1/configmaps?watch=1&timeoutSeconds=1&resourceVersion=${api.store.revision}`);
  const ended = new Promise((resolve) => response.on("end", resolve));
  response.resume();
  await ended;
});

test("history that is forgotten, or not yet made, is told by an ERROR event that clients list again for", async () => {
  const small = await startApi();
  try {
    await small.client.create(CONFIG_MAP, configMap("one"));
    const from = String(small.store.revision);
    for (let index = 0; index < 2100; index += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, more) => small.client.patch(CONFIG_MAP, "one", "default", { data: { a: String(index + more) } })),
      );
    }
    for (const resourceVersion of [from, "999999999"]) {
      await assert.rejects(async () => {
        for await (const _ of small.client.watch(CONFIG_MAP, resourceVersion)) assert.fail("an event");
      }, isGone);
    }
    const told = async (resourceVersion: string): Promise<unknown[]> => {
      const { status, text } = await rawRequest(small, "GET", `/api/v1/configmaps?watch=1&resourceVersion=${resourceVersion}`);
      const { type, object } = JSON.parse(text) as { type: string; object: { code: number; reason: string } };
      return [status, type, object.code, object.reason];
    };
    assert.deepEqual(await told(from), [200, "ERROR", 410, "Expired"]);
    assert.deepEqual(await told("999999999"), [200, "ERROR", 504, "Timeout"]);
    assert.equal((await rawRequest(small, "GET", "/api/v1/configmaps?watch=1&resourceVersion=now")).status, 400);
  } finally {
    await small.close();
  }
});

for (const [how, farewellMs, complete] of [
  ["told 410 and ended", 60_000, true],
  ["cut when it does not even read that", 20, false],
] as const) {
  test(`a watcher that does not read is ${how}; others are told everything`, async () => {
    const own = await startApi({ watchLimits: { maxBufferedBytes: 16 * 1024, farewellMs } });
    try {
      const from = String(own.store.revision);
      const slow = await open(`${own.url}/api/v1/configmaps?watch=1&resourceVersion=${from}`, { ca: own.caPem });
      slow.pause();
      let tail = "";
      const end = new Promise<void>((resolve) => slow.on("close", () => resolve()).on("error", () => resolve()));
      const payload = "x".repeat(512 * 1024);
      await own.client.create(CONFIG_MAP, configMap("flood"));
      let told = 0;
      const abort = new AbortController();
      for await (const { type } of own.client.watch(CONFIG_MAP, from, { signal: abort.signal })) {
        if (type === "BOOKMARK") continue;
        told += 1;
        if (told === 60) break;
        await own.client.patch(CONFIG_MAP, "flood", "default", { data: { a: payload + told } });
      }
      abort.abort();
      if (!complete) await waitFor("the slow watch to be cut", () => own.openWatches() === 0);
      // The end is seen once what was on the way is read.
      slow.on("data", (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-1000)));
      slow.resume();
      await end;
      assert.equal(slow.complete, complete);
      if (complete) assert.match(tail, /\n\{"type":"ERROR",.*"reason":"Expired","code":410\}\}\n$/);
    } finally {
      await own.close();
    }
  });
}

test("after a restart, watchers that missed nothing go on where they were", async () => {
  const first = await startApi({ directory: api.directory + "/again" });
  await first.client.create(CONFIG_MAP, configMap("kept"));
  await first.client.create(SERVICE, service("later"));
  const from = String(first.store.revision - 1);
  await first.close();
  const second = await startApi({ directory: api.directory + "/again" });
  try {
    const abort = new AbortController();
    setTimeout(() => void second.client.create(CONFIG_MAP, configMap("new")), 20);
    for await (const { type, object } of second.client.watch(CONFIG_MAP, from, { namespace: "default", signal: abort.signal })) {
      assert.deepEqual([type, object.metadata.name], ["ADDED", "new"]);
      break;
    }
    await assert.rejects(async () => {
      for await (const _ of second.client.watch(SERVICE, from)) assert.fail("an event");
    }, isGone);
  } finally {
    await second.close();
  }
});
