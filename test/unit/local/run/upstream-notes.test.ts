import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlannedUpstream } from "../../../../src/local/run/plan.ts";
import { upstreamNamespaces, upstreamNotes } from "../../../../src/local/run/upstream-notes.ts";
import { service } from "../../compile/objects.ts";

const to = (...destinations: string[]) =>
  destinations.map((destination): PlannedUpstream => ({ destination, localPort: 0, variable: "X" }));

test("an upstream that leads nowhere yet is told of, and no other", () => {
  const notes = upstreamNotes(to("default/api:80", "default/nosuch:80", "shop/api:80", "default/api:81"), [service("api")]);
  assert.deepEqual(notes, [
    "there is no service default/nosuch yet: calls to it fail until one is there",
    "there is no service shop/api yet: calls to it fail until one is there",
    "service default/api has no port 81 yet (it has 80): calls to it fail until it does",
  ]);
});

test("namespaces are looked at once", () => {
  assert.deepEqual(upstreamNamespaces(to("a/x:1", "b/y:2", "a/z:3")), ["a", "b"]);
});
