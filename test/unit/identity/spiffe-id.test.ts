import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSpiffeId, parseSpiffeId, workloadNameOf, workloadSpiffeId } from "../../../src/identity/spiffe-id.ts";

const good: [text: string, trustDomain: string, segments: string[]][] = [
  ["spiffe://cluster.local/ns/default/sa/web", "cluster.local", ["ns", "default", "sa", "web"]],
  ["spiffe://cluster.local", "cluster.local", []],
  ["spiffe://a_b-c.9/x", "a_b-c.9", ["x"]],
  ["spiffe://example.org/9eebccd2-12bf-40a6-b262-65fe0487d453", "example.org", ["9eebccd2-12bf-40a6-b262-65fe0487d453"]],
  ["spiffe://example.org/UPPER/Case_ok/...", "example.org", ["UPPER", "Case_ok", "..."]],
];

const bad: [text: string, says: RegExp][] = [
  ["", /does not begin/],
  ["https://cluster.local/ns/default/sa/web", /does not begin/],
  ["SPIFFE://cluster.local/ns/default/sa/web", /does not begin/],
  ["spiffe:/cluster.local/x", /does not begin/],
  ["spiffe://", /no trust domain/],
  ["spiffe:///ns/default/sa/web", /no trust domain/],
  ["spiffe://Cluster.local/ns/default/sa/web", /upper case/],
  ["spiffe://cluster.local:443/x", /port/],
  ["spiffe://user@cluster.local/x", /user info/],
  ["spiffe://clüster.local/x", /trust domain/],
  ["spiffe://cluster.local/", /ends in a slash/],
  ["spiffe://cluster.local/ns/default/sa/web/", /ends in a slash/],
  ["spiffe://cluster.local//ns", /empty path segment/],
  ["spiffe://cluster.local/ns/../sa/web", /relative/],
  ["spiffe://cluster.local/./web", /relative/],
  ["spiffe://cluster.local/ns/%2e%2e/sa/web", /escapes/],
  ["spiffe://cluster.local/web?x=1", /query/],
  ["spiffe://cluster.local/web#x", /fragment/],
  ["spiffe://cluster.local/we b", /path segment/],
  ["spiffe://cluster.local/web\u0000", /path segment/],
  ["spiffe://cluster.local/wéb", /path segment/],
  [`spiffe://${"a".repeat(256)}/x`, /255 bytes/],
  [`spiffe://cluster.local/${"a".repeat(2048)}`, /2048 bytes/],
];

test("SPIFFE ids are read by the standard and written back as they were", () => {
  for (const [text, trustDomain, segments] of good) {
    const parsed = parseSpiffeId(text);
    assert.deepEqual(parsed, { ok: true, id: { trustDomain, segments } });
    assert.equal(parsed.ok && formatSpiffeId(parsed.id), text);
  }
});

for (const [text, says] of bad) {
  test(`refused: ${JSON.stringify(text.slice(0, 60))}`, () => {
    const parsed = parseSpiffeId(text);
    assert.equal(parsed.ok, false);
    assert.match(parsed.ok ? "" : parsed.message, says);
  });
}

test("namespace and service account come only from an id of exactly our shape", () => {
  const nameOf = (text: string) => {
    const parsed = parseSpiffeId(text);
    return parsed.ok ? workloadNameOf(parsed.id) : null;
  };
  const web = { namespace: "default", serviceAccount: "web" };
  assert.deepEqual(nameOf(workloadSpiffeId("cluster.local", web)), web);
  for (const text of [
    "spiffe://cluster.local/ns/default/sa",
    "spiffe://cluster.local/ns/default/sa/web/more",
    "spiffe://cluster.local/NS/default/sa/web",
    "spiffe://cluster.local/ns/Default/sa/web",
    "spiffe://cluster.local/ns/a.b/sa/web",
    "spiffe://cluster.local/ns/default/sa/_web",
    "spiffe://cluster.local/sa/web/ns/default",
  ]) {
    assert.equal(nameOf(text), null, text);
  }
});
