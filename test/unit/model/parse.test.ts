import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointSliceKind } from "../../../src/model/kinds/endpoint-slice.ts";
import { meshConfigKind } from "../../../src/model/kinds/mesh-config.ts";
import { serviceKind } from "../../../src/model/kinds/service.ts";
import { workloadKind } from "../../../src/model/kinds/workload.ts";
import type { KindDescriptor } from "../../../src/model/kind.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { parseObject } from "../../../src/model/parse.ts";

const object = (fields: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: "v1", kind: "K", metadata: { name: "n", namespace: "default", ...metadata }, ...fields }) as KubeObject;

const violations = (kind: KindDescriptor, given: KubeObject): string[] =>
  parseObject(kind, given).violations.map(({ path, message, hint }) => `${path}: ${message}${hint ? ` (${hint})` : ""}`);

const service = (ports: unknown, more: object = {}) => object({ spec: { ports, ...more } });
const slice = (address: string, addressType = "IPv4") => object({ addressType, endpoints: [{ addresses: [address] }] });

const table: [what: string, kind: KindDescriptor, given: KubeObject, violations: string[]][] = [
  ["a service", serviceKind, service([{ port: 80 }]), []],
  ["a port by name", serviceKind, service([{ port: 80, targetPort: "http" }]), []],
  ["a headless service without ports", serviceKind, object({ spec: { clusterIP: "None" } }), []],
  ["no ports", serviceKind, service([]), ["spec.ports: must have at least 1 entry"]],
  ["no spec", serviceKind, object({}), ["spec: is required"]],
  ["a port that is text", serviceKind, service([{ port: "80" }]), ["spec.ports[0].port: must be a number, not a string"]],
  ["a port with a fraction", serviceKind, service([{ port: 80.5 }]), ["spec.ports[0].port: must be an integer, not a number"]],
  ["port 0", serviceKind, service([{ port: 0 }]), ["spec.ports[0].port: must be at least 1"]],
  ["port 65536", serviceKind, service([{ port: 65536 }]), ["spec.ports[0].port: must be at most 65535"]],
  [
    "a protocol that is none",
    serviceKind,
    service([{ port: 80, protocol: "tcp" }]),
    ['spec.ports[0].protocol: must be one of "TCP", "UDP", "SCTP"'],
  ],
  [
    "a target port that is true",
    serviceKind,
    service([{ port: 80, targetPort: true }]),
    ["spec.ports[0].targetPort: must be an integer or a string"],
  ],
  [
    "ports without names",
    serviceKind,
    service([{ port: 80 }, { port: 81, name: "b" }]),
    ["spec.ports[0].name: is required where there are several ports"],
  ],
  [
    "ports twice",
    serviceKind,
    service([
      { port: 80, name: "a" },
      { port: 80, name: "a" },
    ]),
    ['spec.ports[1].name: "a" stands there twice', "spec.ports[1].port: TCP 80 stands there twice"],
  ],
  ["a misspelt field", serviceKind, service([{ port: 80 }], { selectr: {} }), ['spec.selectr: unknown field (did you mean "selector"?)']],
  [
    "a field of elsewhere",
    serviceKind,
    object({ spec: { ports: [{ port: 80 }] }, data: {} }),
    ["data: unknown field (fields here: spec, status)"],
  ],
  [
    "a label value that is none",
    serviceKind,
    service([{ port: 80 }], { selector: { a: "b c" } }),
    ["spec.selector.a: must be a label value: letters, digits, '-', '_', '.', at most 63"],
  ],
  ["IPv4 addresses", endpointSliceKind, slice("10.0.0.1"), []],
  ["an address that is none", endpointSliceKind, slice("10.0.0.256"), ['endpoints[0].addresses[0]: "10.0.0.256" is not an IPv4 address']],
  [
    "an address of the other family",
    endpointSliceKind,
    slice("10.0.0.1", "IPv6"),
    ['endpoints[0].addresses[0]: "10.0.0.1" is not an IPv6 address'],
  ],
  ["the MeshConfig", meshConfigKind, object({}, { name: "default" }), []],
  [
    "a second MeshConfig",
    meshConfigKind,
    object({}, { name: "other" }),
    ['metadata.name: must be "default": there is one mesh, and one MeshConfig'],
  ],
  ["a workload without anything", workloadKind, object({ spec: {} }), ["spec.workload: is required", "spec.serviceAccount: is required"]],
];

for (const [what, kind, given, expected] of table) {
  test(`${kind.kind}, ${what}: ${expected.length === 0 ? "fine" : expected.join("; ")}`, () =>
    assert.deepEqual(violations(kind, given), expected));
}

test("defaults are filled in, and what was given is not touched", () => {
  const given = object({ spec: { workload: "w", serviceAccount: "w", services: [{ name: "a", port: 80, appPort: 1, inboundPort: 2 }] } });
  const copy = structuredClone(given);
  const { object: parsed } = parseObject(workloadKind, given);
  assert.deepEqual(parsed?.spec, {
    workload: "w",
    serviceAccount: "w",
    address: "127.0.0.1",
    services: [{ name: "a", port: 80, protocol: "http", appPort: 1, inboundPort: 2 }],
    upstreams: [],
    leaseDurationSeconds: 8,
  });
  assert.deepEqual(given, copy);
});

test("dropping unknown fields drops them everywhere and names each; other violations stay", () => {
  const given = service([{ port: 80, prot: "x" }], { extra: { deep: 1 } });
  const dropped = parseObject(serviceKind, given, "drop");
  assert.deepEqual(dropped.dropped.map(({ path }) => path).sort(), ["spec.extra", "spec.ports[0].prot"]);
  assert.deepEqual((dropped.object?.spec as { ports: object[] } | undefined)?.ports, [{ port: 80, protocol: "TCP" }]);
  const wrong = parseObject(serviceKind, service([{ port: 0, prot: "x" }]), "drop");
  assert.deepEqual([wrong.object, wrong.violations.map(({ path }) => path)], [null, ["spec.ports[0].port"]]);
});

const metadata: [what: string, metadata: object, path: string | null][] = [
  ["nothing special", {}, null],
  ["a label with a prefix", { labels: { "a.b/c": "" } }, null],
  ["generateName instead of a name", { name: undefined, generateName: "x-" }, null],
  ["no name", { name: undefined }, "metadata.name"],
  ["a service's name with a dot", { name: "a.b" }, "metadata.name"],
  ["a label key with two slashes", { labels: { "a/b/c": "" } }, "metadata.labels[a/b/c]"],
  ["a label value of 64 letters", { labels: { a: "x".repeat(64) } }, "metadata.labels[a]"],
  ["a label that is a number", { labels: { a: 1 } }, "metadata.labels.a"],
  ["an annotation key with a space", { annotations: { "a b": "" } }, "metadata.annotations[a b]"],
  ["a misspelt field", { lables: {} }, "metadata.lables"],
];

for (const [what, fields, path] of metadata) {
  test(`metadata with ${what}: ${path ?? "fine"}`, () => {
    const found = parseObject(serviceKind, object({ spec: { ports: [{ port: 80 }] } }, fields)).violations.map(
      (violation) => violation.path,
    );
    assert.deepEqual(found, path === null ? [] : [path]);
  });
}
