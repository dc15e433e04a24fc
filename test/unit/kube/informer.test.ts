import assert from "node:assert/strict";
import { test } from "node:test";
import type { KindRef, KubeClient, ListOptions, ObjectList, WatchEvent } from "../../../src/kube/contract.ts";
import { KubeError } from "../../../src/kube/error.ts";
import { createInformer } from "../../../src/kube/informer.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { PausedClock } from "../../support/paused-clock.ts";

const KIND: KindRef = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };

function object(name: string, revision: number): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", resourceVersion: String(revision) } };
}

type Step = WatchEvent | Error | "end";

/** A server that answers lists and watches from a script; what a watch was asked from is written down. */
class ScriptedServer {
  readonly asked: string[] = [];
  readonly #lists: (ObjectList | Error)[];
  readonly #watches: Step[][];
  /** Resolves when the script is used up and the informer waits for more. */
  readonly done: Promise<void>;
  #finish: () => void = () => {};

  constructor(lists: (ObjectList | Error)[], watches: Step[][]) {
    this.#lists = lists;
    this.#watches = watches;
    this.done = new Promise((resolve) => (this.#finish = resolve));
  }

  client(): KubeClient {
    const { asked } = this;
    const [lists, watches, finish] = [this.#lists, this.#watches, this.#finish];
    return {
      async list() {
        asked.push("list");
        const next = lists.shift();
        if (next === undefined) throw new Error("no list left");
        if (next instanceof Error) throw next;
        return next;
      },
      async *watch(_kind: KindRef, resourceVersion: string, options: ListOptions) {
        asked.push(`watch ${resourceVersion}`);
        const script = watches.shift();
        for (const step of script ?? []) {
          if (step === "end") return;
          if (step instanceof Error) throw step;
          yield step;
        }
        if (script !== undefined && watches.length > 0) return;
        finish();
        await new Promise<void>((resolve) => options.signal?.addEventListener("abort", () => resolve()));
      },
    } as unknown as KubeClient;
  }
}

async function follow(server: ScriptedServer) {
  const clock = new PausedClock(0);
  const events: string[] = [];
  const errors: string[] = [];
  let synced = 0;
  const informer = createInformer({
    client: server.client(),
    kind: KIND,
    clock,
    random: () => 0.5,
    onEvent: ({ type, object: { metadata } }) => events.push(`${type} ${metadata.name}@${metadata.resourceVersion}`),
    onSynced: () => (synced += 1),
    onError: (error) => errors.push(String(error)),
  });
  informer.start();
  // Time moves whenever the informer waits for it.
  const state = { over: false };
  void server.done.then(() => (state.over = true));
  for (let turn = 0; !state.over && turn < 10_000; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending > 0) clock.advance(2_000);
  }
  assert.ok(state.over, `the script was not used up: ${server.asked.join(", ")}`);
  const items = [...informer.items.keys()].sort();
  await informer.stop();
  return { events, errors, synced, items, asked: server.asked };
}

const event = (type: WatchEvent["type"], name: string, revision: number): WatchEvent => ({ type, object: object(name, revision) });
const gone = new KubeError(410, "Expired", "too old resource version");

test("lists once, then follows from there", async () => {
  const server = new ScriptedServer(
    [{ resourceVersion: "5", items: [object("a", 3), object("b", 5)] }],
    [[event("MODIFIED", "a", 6), event("ADDED", "c", 7), event("DELETED", "b", 8)]],
  );
  const { events, items, synced, asked } = await follow(server);
  assert.deepEqual(events, ["ADDED a@3", "ADDED b@5", "MODIFIED a@6", "ADDED c@7", "DELETED b@8"]);
  assert.deepEqual(items, ["default/a", "default/c"]);
  assert.deepEqual([synced, asked], [1, ["list", "watch 5"]]);
});

test("a watch that ends or breaks is taken up where it stopped, bookmarks included", async () => {
  const server = new ScriptedServer(
    [{ resourceVersion: "5", items: [] }],
    [[event("ADDED", "a", 6), "end"], [event("BOOKMARK", "", 40), new Error("connection reset")], [event("MODIFIED", "a", 41)]],
  );
  const { events, errors, asked } = await follow(server);
  assert.deepEqual(asked, ["list", "watch 5", "watch 6", "watch 40"]);
  assert.deepEqual(events, ["ADDED a@6", "MODIFIED a@41"]);
  assert.deepEqual(errors, ["Error: connection reset"]);
});

test("forgotten history (410) leads to a new list, and what went meanwhile is DELETED", async () => {
  const server = new ScriptedServer(
    [
      { resourceVersion: "5", items: [object("a", 3), object("b", 4)] },
      { resourceVersion: "50", items: [object("b", 4), object("c", 44)] },
    ],
    [[gone], [event("MODIFIED", "c", 51)]],
  );
  const { events, items, synced, asked, errors } = await follow(server);
  assert.deepEqual(asked, ["list", "watch 5", "list", "watch 50"]);
  assert.deepEqual(events, ["ADDED a@3", "ADDED b@4", "ADDED c@44", "DELETED a@3", "MODIFIED c@51"]);
  assert.deepEqual([items, synced, errors], [["default/b", "default/c"], 2, []]);
});

test("duplicates and late events change nothing: newer stays, deleted stays deleted", async () => {
  const server = new ScriptedServer(
    [{ resourceVersion: "5", items: [object("a", 5)] }],
    [
      [
        event("ADDED", "a", 5),
        event("MODIFIED", "a", 8),
        event("MODIFIED", "a", 7),
        event("MODIFIED", "a", 8),
        event("DELETED", "a", 6),
        event("DELETED", "a", 9),
        event("DELETED", "a", 9),
        event("MODIFIED", "a", 8),
        event("ADDED", "a", 12),
      ],
    ],
  );
  const { events } = await follow(server);
  assert.deepEqual(events, ["ADDED a@5", "MODIFIED a@8", "DELETED a@9", "ADDED a@12"]);
});

test("a resourceVersion never goes back with a late event", async () => {
  const server = new ScriptedServer([{ resourceVersion: "5", items: [] }], [[event("ADDED", "a", 9), event("ADDED", "b", 7), "end"], []]);
  assert.deepEqual((await follow(server)).asked, ["list", "watch 5", "watch 9"]);
});

test("a server that is away is asked again until it answers", async () => {
  const away = new KubeError(0, "Unreachable", "nothing listens there");
  const server = new ScriptedServer([away, away, { resourceVersion: "1", items: [object("a", 1)] }], [[]]);
  const { events, errors, asked } = await follow(server);
  assert.deepEqual(asked, ["list", "list", "list", "watch 1"]);
  assert.deepEqual([events, errors.length], [["ADDED a@1"], 2]);
});

test("stop ends a wait at once", async () => {
  const server = new ScriptedServer([new Error("away")], []);
  const informer = createInformer({ client: server.client(), kind: KIND, clock: new PausedClock(0), onEvent: () => {} });
  informer.start();
  await new Promise((resolve) => setImmediate(resolve));
  await informer.stop();
});
