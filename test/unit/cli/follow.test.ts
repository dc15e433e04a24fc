import assert from "node:assert/strict";
import { test } from "node:test";
import { executeSteps } from "../../../src/cli/apply/execute.ts";
import type { Step } from "../../../src/cli/apply/plan.ts";
import { follow } from "../../../src/cli/resources/follow.ts";
import type { KubeClient, WatchEvent } from "../../../src/kube/contract.ts";
import { KubeError } from "../../../src/kube/error.ts";
import { UserError } from "../../../src/lib/errors.ts";
import { serviceKind } from "../../../src/model/kinds/service.ts";
import type { KubeObject } from "../../../src/model/object.ts";

const object = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default", resourceVersion },
});

test("a watch goes on where it stopped, and tells what it missed when that is forgotten", async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  const rounds: (WatchEvent[] | KubeError)[] = [
    [
      { type: "MODIFIED", object: object("a", "11") },
      { type: "BOOKMARK", object: object("", "15") },
    ],
    new KubeError(410, "Expired", "too old"),
    [{ type: "DELETED", object: object("c", "31") }],
  ];
  const client = {
    async *watch(_kind: unknown, resourceVersion: string): AsyncGenerator<WatchEvent> {
      asked.push(resourceVersion);
      const round = rounds.shift();
      if (round instanceof KubeError) throw round;
      for (const event of round ?? []) yield event;
      if (rounds.length === 0) stop.abort();
    },
    // Meanwhile: a changed again, b went, c came.
    list: async () => ({ resourceVersion: "30", items: [object("a", "20"), object("c", "25")] }),
  } as unknown as KubeClient;
  const initial = { items: [object("a", "8"), object("b", "9")], resourceVersion: "10" };
  const seen: string[] = [];
  for await (const { type, object: changed } of follow(client, serviceKind, initial, { signal: stop.signal })) {
    seen.push(`${type} ${changed.metadata.name} ${changed.metadata.resourceVersion}`);
  }
  assert.deepEqual(asked, ["10", "15", "30"]);
  assert.deepEqual(seen, ["MODIFIED a 11", "MODIFIED a 20", "ADDED c 25", "DELETED b 9", "DELETED c 31"]);
});

test("a watch that fails for another reason says so", async () => {
  const client = {
    // oxlint-disable-next-line require-yield
    async *watch(): AsyncGenerator<WatchEvent> {
      throw new KubeError(0, "Unreachable", "gone");
    },
  } as unknown as KubeClient;
  const changes = follow(client, serviceKind, { items: [], resourceVersion: "1" }, { signal: new AbortController().signal });
  await assert.rejects(changes.next(), /gone/);
});

function step(name: string, current: KubeObject | null, patch: object = {}): Step {
  const wanted = object(name, "");
  return {
    manifest: {
      kind: serviceKind,
      object: wanted,
      document: { source: "f", value: {}, locate: () => ({ line: 1, column: 1 }) },
      warnings: [],
    },
    current,
    desired: wanted,
    patch: patch as Record<string, unknown>,
    result: wanted,
  };
}

test("a write that fails after all takes back what was written before it, newest first", async () => {
  const calls: string[] = [];
  const client = {
    create: async (_kind: unknown, made: KubeObject) => {
      calls.push(`create ${made.metadata.name}`);
      if (made.metadata.name === "fourth") throw new KubeError(409, "Conflict", "somebody was faster");
      return { ...made, metadata: { ...made.metadata, resourceVersion: "50" } };
    },
    patch: async (_kind: unknown, name: string) => {
      calls.push(`patch ${name}`);
      return object(name, "51");
    },
    update: async (_kind: unknown, restored: KubeObject) => {
      calls.push(`update ${restored.metadata.name} at ${restored.metadata.resourceVersion}`);
      throw new KubeError(409, "Conflict", "changed since");
    },
    delete: async (_kind: unknown, name: string) => void calls.push(`delete ${name}`),
  } as unknown as KubeClient;
  const steps = [
    step("first", null),
    step("second", object("second", "7"), { spec: {} }),
    step("third", object("third", "8")),
    step("fourth", null),
  ];
  await assert.rejects(executeSteps(client, steps), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.message, "service/fourth: somebody was faster");
    assert.equal(error.hint, "Could not be taken back: service/second.");
    assert.equal(error.exitCode, 4, "the exit code is that of what went wrong");
    return true;
  });
  assert.deepEqual(calls, ["create first", "patch second", "create fourth", "update second at 51", "delete first"]);
});
