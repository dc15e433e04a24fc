import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import type { KubeClient } from "../../../src/kube/contract.ts";
import { KubeError } from "../../../src/kube/error.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { Registration } from "../../../src/local/run/registration.ts";
import type { LiveState } from "../../../src/local/run/workload.ts";
import type { Workload } from "../../../src/model/kinds/workload.ts";
import { waitFor } from "../../support/mesh.ts";
import { PausedClock } from "../../support/paused-clock.ts";

interface Kept {
  metadata: { uid: string; creationTimestamp?: string };
  status?: { ready?: string[]; phase?: string; renewTime?: string };
}

/** One object and what was asked of it; `away` plays a controller that is not there. */
class OneObject {
  object: Kept | null = null;
  away = false;
  /** Plays a stranger that took the controller's port: it takes requests and says nothing. */
  silent = false;
  readonly calls: string[] = [];
  #made = 0;

  client(): KubeClient {
    const call = async (verb: string, signal?: AbortSignal): Promise<void> => {
      this.calls.push(verb);
      if (this.silent) await once(signal as AbortSignal, "abort").then(() => Promise.reject(signal?.reason));
      await new Promise((resolve) => setImmediate(resolve));
      if (this.away) throw new Error("connect ECONNREFUSED");
    };
    const present = (uid: string): Kept => {
      if (this.object === null) throw new KubeError(404, "NotFound", "it is not there");
      if (this.object.metadata.uid !== uid) throw new KubeError(409, "Conflict", "another uid");
      return this.object;
    };
    const client: Partial<KubeClient> = {
      create: async (_kind, object) => {
        await call("create");
        if (this.object !== null) throw new KubeError(409, "AlreadyExists", "it is there");
        this.#made += 1;
        this.object = { ...object, metadata: { ...object.metadata, uid: `made-${this.#made}` } } as Kept;
        return this.object as never;
      },
      get: async () => {
        await call("get");
        return this.object as never;
      },
      patch: async (_kind, _name, _namespace, patch, options) => {
        await call("patch", options?.signal);
        const { metadata, status } = patch as Kept;
        this.object = { ...present(metadata.uid), status };
        return this.object as never;
      },
      request: async (method, path, body) => {
        await call("delete");
        assert.equal(`${method} ${path}`, "DELETE /apis/meshctl.dev/v1alpha1/namespaces/default/workloads/a");
        present((body as { preconditions: { uid: string } }).preconditions.uid);
        this.object = null;
        return {} as never;
      },
    };
    return client as KubeClient;
  }
}

const workload = { apiVersion: "meshctl.dev/v1alpha1", kind: "Workload", metadata: { name: "a", namespace: "default" } } as Workload;

function registration(
  t: TestContext,
  server: OneObject,
  leftBehind: (other: Workload) => boolean = () => false,
  clock: Clock = systemClock,
): { readonly registration: Registration; readonly state: { now: LiveState }; readonly said: string[] } {
  const said: string[] = [];
  const state: { now: LiveState } = { now: { phase: "Starting", ready: [], pid: 1, proxyPid: 2, message: null } };
  const made = new Registration({
    client: server.client(),
    workload,
    clock,
    state: () => state.now,
    leftBehind,
    say: (text) => said.push(text),
  });
  t.after(() => made.remove().catch(() => {}));
  return { registration: made, state, said };
}

test("what an instance of this name left behind is replaced as a whole", async (t) => {
  const server = new OneObject();
  server.object = { metadata: { uid: "old" }, status: { ready: ["old:80"], renewTime: "2026-01-01T00:00:00Z" } };
  const { registration: made } = registration(t, server);
  await made.create();
  assert.deepEqual(server.calls, ["create", "get", "delete", "create", "patch"]);
  assert.deepEqual(server.object?.status?.ready, []);
});

test("one that a killed run left, or that is lost, is replaced although its lease might hold", async (t) => {
  const server = new OneObject();
  const renewTime = new Date().toISOString();
  server.object = { metadata: { uid: "old" }, status: { ready: ["old:80"], renewTime } };
  await registration(t, server, () => true).registration.create();
  assert.deepEqual(server.object?.status?.ready, []);
  server.object = { metadata: { uid: "old" }, status: { phase: "Lost", renewTime } };
  await registration(t, server).registration.create();
  assert.equal(server.object?.status?.phase, "Starting");
});

test("a live instance of this name is left alone, also at the end", async (t) => {
  const server = new OneObject();
  server.object = { metadata: { uid: "other" }, status: { ready: ["a:80"], renewTime: new Date().toISOString() } };
  const { registration: made } = registration(t, server);
  await assert.rejects(made.create(), /default\/a is already running/);
  await made.remove();
  assert.equal(server.object?.metadata.uid, "other");
});

test("a name that another has taken meanwhile is not overwritten, and that is said once", async (t) => {
  const server = new OneObject();
  const { registration: made, said } = registration(t, server);
  await made.create();
  server.object = { metadata: { uid: "other" }, status: { ready: ["a:80"], renewTime: new Date().toISOString() } };
  await made.update();
  await made.update();
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /already running.*takes no traffic/);
  assert.deepEqual(server.object?.status?.ready, ["a:80"]);
});

test("a change during a write is written after it, and many become one", async (t) => {
  const server = new OneObject();
  const { registration: made, state } = registration(t, server);
  await made.create();
  server.calls.length = 0;
  const first = made.update();
  for (const phase of ["Running", "Draining"] as const) {
    state.now = { ...state.now, phase };
    void made.update();
  }
  await first;
  assert.equal(server.object?.status?.phase, "Draining");
  assert.deepEqual(server.calls, ["patch", "patch"]);
});

test("an object that someone deleted is put back", async (t) => {
  const server = new OneObject();
  const { registration: made } = registration(t, server);
  await made.create();
  server.object = null;
  await made.update();
  assert.equal((server.object as OneObject["object"])?.status?.phase, "Starting");
});

test("with the controller away it says so once, keeps trying, and says when it is back", async (t) => {
  const server = new OneObject();
  const { registration: made, state, said } = registration(t, server);
  await made.create();
  server.away = true;
  await made.update();
  server.calls.length = 0;
  await waitFor("more tries", () => server.calls.length >= 2);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /does not answer .*traffic goes on/);
  state.now = { ...state.now, ready: ["a:80"] };
  server.away = false;
  await waitFor("its return", () => said.length === 2);
  assert.deepEqual(server.object?.status?.ready, ["a:80"]);
});

test("a controller that has moved is asked at once, not when the stranger at its old port has had its time", async (t) => {
  const server = new OneObject();
  const clock = new PausedClock(Date.now());
  const { registration: made, state } = registration(t, server, undefined, clock);
  await made.create();
  state.now = { ...state.now, phase: "Running" };
  server.silent = true;
  void made.update();
  await waitFor("a request that hangs", () => server.calls.at(-1) === "patch");
  server.silent = false;
  made.controllerMoved();
  // Of the clock, nothing has passed: neither the request's limit nor a pause.
  await waitFor("the write", () => {
    clock.advance(0);
    return server.object?.status?.phase === "Running";
  });
});

test("removing twice, or what is gone already, is fine; without an answer it fails", async (t) => {
  const server = new OneObject();
  const { registration: made } = registration(t, server);
  await made.create();
  await made.remove();
  await made.remove();
  assert.equal(server.object, null);
  server.away = true;
  await assert.rejects(made.remove(), /ECONNREFUSED/);
});
