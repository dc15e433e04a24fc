import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { KubeClient } from "../../../src/kube/contract.ts";
import { KubeError } from "../../../src/kube/error.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { Registration } from "../../../src/local/run/registration.ts";
import type { LiveState } from "../../../src/local/run/workload.ts";
import type { Workload } from "../../../src/model/kinds/workload.ts";
import { waitFor } from "../../support/mesh.ts";

/** One object and what was asked of it; `away` plays a controller that is not there. */
class OneObject {
  object: { status?: { ready?: string[]; phase?: string } } | null = null;
  away = false;
  readonly calls: string[] = [];

  client(): KubeClient {
    const call = async (verb: string): Promise<void> => {
      this.calls.push(verb);
      await new Promise((resolve) => setImmediate(resolve));
      if (this.away) throw new Error("connect ECONNREFUSED");
    };
    const client: Partial<KubeClient> = {
      create: async (_kind, object) => {
        await call("create");
        if (this.object !== null) throw new KubeError(409, "AlreadyExists", "it is there");
        this.object = object as never;
        return object;
      },
      patch: async (_kind, _name, _namespace, patch) => {
        await call("patch");
        if (this.object === null) throw new KubeError(404, "NotFound", "it is not there");
        this.object = { ...this.object, ...patch };
        return this.object as never;
      },
      delete: async () => {
        await call("delete");
        if (this.object === null) throw new KubeError(404, "NotFound", "it is not there");
        this.object = null;
      },
    };
    return client as KubeClient;
  }
}

const workload = { apiVersion: "meshctl.dev/v1alpha1", kind: "Workload", metadata: { name: "a", namespace: "default" } } as Workload;

function registration(
  t: TestContext,
  server: OneObject,
): { readonly registration: Registration; readonly state: { now: LiveState }; readonly said: string[] } {
  const said: string[] = [];
  const state: { now: LiveState } = { now: { phase: "Starting", ready: [], pid: 1, proxyPid: 2, message: null } };
  const made = new Registration({
    client: server.client(),
    workload,
    clock: systemClock,
    state: () => state.now,
    say: (text) => said.push(text),
  });
  t.after(() => made.remove().catch(() => {}));
  return { registration: made, state, said };
}

test("what an instance of this name left behind is replaced as a whole", async (t) => {
  const server = new OneObject();
  server.object = { status: { ready: ["old:80"] } };
  const { registration: made } = registration(t, server);
  await made.create();
  assert.deepEqual(server.calls, ["create", "delete", "create", "patch"]);
  assert.deepEqual(server.object?.status?.ready, []);
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
