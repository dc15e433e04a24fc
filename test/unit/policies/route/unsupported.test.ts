import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { routeVerdicts } from "../../../../src/policies/route/conditions.ts";
import type { HTTPRoute } from "../../../../src/policies/route/http-route.ts";
import { httpRouteSchema } from "../../../../src/policies/route/schema.ts";
import { unsupportedFeatures } from "../../../../src/policies/route/unsupported.ts";

/** Fields that translation acts on, with everything below them. */
const ACTED_ON = [
  "spec.parentRefs[0].group",
  "spec.parentRefs[0].kind",
  "spec.parentRefs[0].namespace",
  "spec.parentRefs[0].name",
  "spec.parentRefs[0].sectionName",
  "spec.parentRefs[0].port",
  "spec.rules[0].name",
  "spec.rules[0].matches",
  "spec.rules[0].backendRefs[0].group",
  "spec.rules[0].backendRefs[0].kind",
  "spec.rules[0].backendRefs[0].namespace",
  "spec.rules[0].backendRefs[0].name",
  "spec.rules[0].backendRefs[0].port",
  "spec.rules[0].backendRefs[0].weight",
];
const PARENT = { group: "", kind: "Service", name: "api" };

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
}

test("every field of the schema is acted on, or named to its writer and in the status", () => {
  const schema = z.toJSONSchema(httpRouteSchema, { target: "openapi-3.0", io: "input", reused: "inline" }) as Schema;
  const spec = schema.properties?.spec;
  assert.ok(spec);
  const leaves = [...leavesOf(spec, "spec", (value) => value)];
  assert.ok(leaves.length > 60, String(leaves.length));
  for (const { path, value } of leaves) {
    if (ACTED_ON.some((acted) => path.startsWith(acted))) continue;
    const route = routeOf({ parentRefs: [PARENT], ...(value as object) });
    const named = unsupportedFeatures(route).map((feature) => feature.path);
    assert.ok(
      named.some((at) => path.startsWith(at)),
      `${path} is neither acted on nor named: ${named.join(", ")}`,
    );
    const status = routeVerdicts(route, PARENT, () => ({ ports: [80] }), { ports: [80], portNames: [], carriesHttp: () => true });
    const message = status.find(({ type }) => type === "PartiallyInvalid")?.message ?? "";
    for (const at of named) assert.ok(message.includes(`${at}: `), `${at} in the status: ${message}`);
  }
});

test("a plain split has nothing to warn of, and a route is told each of its fields once", () => {
  const backend = { name: "api-v1", port: 80 };
  assert.deepEqual(unsupportedFeatures(routeOf({ parentRefs: [PARENT], rules: [{ matches: [{}], backendRefs: [backend] }] })), []);
  const everything = routeOf({
    parentRefs: [PARENT, { name: "edge" }],
    hostnames: ["a.example.com"],
    rules: [
      {
        filters: [{ type: "CORS" }],
        backendRefs: [{ ...backend, filters: [{ type: "URLRewrite" }] }],
        timeouts: {},
        retry: {},
        sessionPersistence: {},
      },
    ],
  });
  assert.deepEqual(
    unsupportedFeatures(everything).map(({ path }) => path),
    [
      "spec.parentRefs[1]",
      "spec.hostnames",
      "spec.rules[0].filters[0]",
      "spec.rules[0].backendRefs[0].filters",
      "spec.rules[0].timeouts",
      "spec.rules[0].retry",
      "spec.rules[0].sessionPersistence",
    ],
  );
});

function routeOf(spec: object): HTTPRoute {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "r", namespace: "default" },
    spec,
  } as HTTPRoute;
}

/** Every leaf of a schema, with a value that has only the way to it; `wrap` puts a value in its place. */
function* leavesOf(schema: Schema, path: string, wrap: (value: unknown) => unknown): Iterable<{ path: string; value: unknown }> {
  if (schema.properties !== undefined) {
    for (const [name, field] of Object.entries(schema.properties)) {
      yield* leavesOf(field, `${path}.${name}`, (value) => wrap({ [name]: value }));
    }
  } else if (schema.items !== undefined) yield* leavesOf(schema.items, `${path}[0]`, (value) => wrap([value]));
  else yield { path, value: wrap(schema.enum?.[0] ?? { boolean: true, integer: 1, number: 1 }[schema.type ?? ""] ?? "x") };
}
