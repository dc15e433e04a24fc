import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { type RawAnswer, rawRequest } from "../../support/raw-request.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const SERVICES = "/api/v1/namespaces/default/services";
const ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

/** Server-side apply of a Service. */
function apply(name: string, config: object, query = "fieldManager=ann"): Promise<RawAnswer> {
  return patch(`${SERVICES}/${name}?${query}`, "apply-patch+yaml", { apiVersion: "v1", kind: "Service", ...config });
}

function patch(path: string, type: string, body: unknown): Promise<RawAnswer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return rawRequest(api, "PATCH", path, { headers: { "content-type": `application/${type}` }, body: text });
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly time: string;
  readonly fieldsV1: Record<string, unknown>;
}

const objectOf = ({ json }: RawAnswer): KubeObject => json as KubeObject;
const entries = (answer: RawAnswer): Entry[] => (objectOf(answer).metadata.managedFields ?? []) as Entry[];
const owners = (answer: RawAnswer): string[] =>
  entries(answer).map(({ manager, operation, subresource = "" }) => `${manager} ${operation}${subresource && ` ${subresource}`}`);
const ports = (...list: object[]): object => ({ spec: { ports: list } });

test("what is not there is made, in JSON and in YAML; the same again is no new state", async () => {
  const made = await apply("new", ports({ port: 80, name: "http" }));
  assert.equal(made.status, 201);
  assert.deepEqual(owners(made), ["ann Apply"]);
  assert.deepEqual(entries(made)[0]?.fieldsV1, {
    "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } } },
  });
  const yaml = "apiVersion: v1\nkind: Service\nspec:\n  ports: [{port: 80, name: http}]\n";
  const again = await patch(`${SERVICES}/new?fieldManager=ann`, "apply-patch+yaml", yaml);
  assert.equal(again.status, 200);
  assert.equal(objectOf(again).metadata.resourceVersion, objectOf(made).metadata.resourceVersion);
});

test("another manager's field is a conflict, named as kubectl prints it; force takes it; the same value is shared", async () => {
  await apply("shared", ports({ port: 80, name: "http" }));
  const refused = await apply("shared", ports({ port: 80, name: "web" }), "fieldManager=bob");
  assert.equal(refused.status, 409);
  assert.equal(refused.json.reason, "Conflict");
  assert.equal(refused.json.message, 'Apply failed with 1 conflict: conflict with "ann": .spec.ports[port=80,protocol="TCP"].name');
  assert.deepEqual((refused.json.details as { causes: unknown }).causes, [
    { reason: "FieldManagerConflict", message: 'conflict with "ann"', field: '.spec.ports[port=80,protocol="TCP"].name' },
  ]);
  const shared = await apply("shared", ports({ port: 80, name: "http" }), "fieldManager=bob");
  assert.deepEqual(owners(shared), ["ann Apply", "bob Apply"]);
  const forced = await apply("shared", ports({ port: 80, name: "web" }), "fieldManager=bob&force=true");
  assert.equal(forced.status, 200);
  assert.ok(!JSON.stringify(entries(forced).find(({ manager }) => manager === "ann")).includes("f:name"), "ann has lost it");
});

test("what the last owner leaves out goes; what another owns stays, and defaults come back", async () => {
  await apply("parts", {
    metadata: { labels: { a: "1", b: "1" } },
    spec: {
      ports: [
        { port: 80, name: "a" },
        { port: 81, name: "b" },
      ],
      type: "NodePort",
    },
  });
  await apply("parts", { metadata: { labels: { b: "1" } } }, "fieldManager=bob");
  const left = await apply("parts", ports({ port: 80, name: "a" }));
  assert.deepEqual(objectOf(left).metadata.labels, { b: "1" });
  assert.deepEqual(objectOf(left).spec, { ports: [{ name: "a", protocol: "TCP", port: 80 }], type: "ClusterIP", sessionAffinity: "None" });
});

test("creates, updates and patches belong to fieldManager, or to the client's name; what they remove is nobody's", async () => {
  const body = JSON.stringify({ metadata: { name: "written", labels: { a: "1" } }, spec: { ports: [{ port: 80 }] } });
  const made = await rawRequest(api, "POST", SERVICES, {
    headers: { "content-type": "application/json", "user-agent": "curl/8.1 (x)" },
    body,
  });
  assert.deepEqual(owners(made), ["curl Update"]);
  const patched = await patch(`${SERVICES}/written?fieldManager=script`, "merge-patch+json", { metadata: { labels: { a: null, c: "2" } } });
  assert.deepEqual(owners(patched), ["curl Update", "script Update"]);
  assert.ok(!JSON.stringify(entries(patched)).includes("f:a"));
  assert.deepEqual(entries(patched)[1]?.fieldsV1, { "f:metadata": { "f:labels": { "f:c": {} } } });
  const conflict = await apply("written", { metadata: { labels: { c: "3" } } });
  assert.match(String(conflict.json.message), /conflict with "script" using v1 at 20\d\d-.*Z: \.metadata\.labels\.c$/);
});

test("the status has owners of its own", async () => {
  await apply("stated", ports({ port: 80 }));
  const conditions = [{ type: "Ready", status: "True", reason: "Yes", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" }];
  const body = { apiVersion: "v1", kind: "Service", status: { conditions } };
  const stated = await patch(`${SERVICES}/stated/status?fieldManager=ctl`, "apply-patch+yaml", body);
  assert.deepEqual(owners(stated).sort(), ["ann Apply", "ctl Apply status"]);
  const gone = await patch(`${SERVICES}/stated/status?fieldManager=ctl`, "apply-patch+yaml", { ...body, status: {} });
  assert.deepEqual((objectOf(gone).status as { conditions?: unknown[] }).conditions ?? [], []);
  assert.equal((await patch(`${SERVICES}/absent/status?fieldManager=ctl`, "apply-patch+yaml", body)).status, 404);
});

test("lists merge as the schema of the kind says: maps by name inside atomic rules, conditions by type", async () => {
  const config = (manager: string, headers: object[]): Promise<RawAnswer> =>
    patch(`${ROUTES}/r?fieldManager=${manager}`, "apply-patch+yaml", {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      spec: { parentRefs: [{ group: "", kind: "Service", name: "a" }], rules: [{ matches: [{ headers }] }] },
    });
  assert.equal((await config("ann", [{ name: "a", value: "1" }])).status, 201);
  assert.match(
    String((await config("bob", [{ name: "b", value: "1" }])).json.message),
    /conflict with "ann": \.spec\.rules$/,
    "rules are one value",
  );
});

test("a Deployment's containers, env and ports are shared by name and number", async () => {
  const pod = (container: object): object => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: { template: { spec: { containers: [{ name: "c", ...container }] } } },
  });
  const by = (manager: string, container: object): Promise<RawAnswer> =>
    patch(`${DEPLOYMENTS}/d?fieldManager=${manager}`, "apply-patch+yaml", pod(container));
  await by("ann", { image: "i", env: [{ name: "A", value: "1" }], ports: [{ containerPort: 80 }], args: ["x"] });
  const both = await by("bob", { env: [{ name: "B", value: "2" }], ports: [{ containerPort: 80, protocol: "UDP" }] });
  const { template } = objectOf(both).spec as { template: { spec: { containers: object[] } } };
  assert.deepEqual(template.spec.containers, [
    {
      name: "c",
      image: "i",
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }],
      args: ["x"],
    },
  ]);
  const args = await by("bob", { args: ["y"] });
  assert.match(String(args.json.message), /conflict with "ann": \.spec\.template\.spec\.containers\[name="c"\]\.args$/);
});

test("an object whose tracking was ended is nobody's until an apply, and before-first-apply's then", async () => {
  await apply("reset", ports({ port: 80, name: "a" }));
  for (const managedFields of [[{}], []]) {
    const reset = await patch(`${SERVICES}/reset`, "merge-patch+json", { metadata: { managedFields } });
    assert.equal(objectOf(reset).metadata.managedFields, undefined);
  }
  const untracked = await patch(`${SERVICES}/reset`, "merge-patch+json", { metadata: { labels: { a: "1" } } });
  assert.equal(objectOf(untracked).metadata.managedFields, undefined);
  const conflict = await apply("reset", ports({ port: 80, name: "b" }));
  assert.match(String(conflict.json.message), /conflict with "before-first-apply" using v1/);
  assert.deepEqual(owners(await apply("reset", ports({ port: 80, name: "a" }))), ["ann Apply", "before-first-apply Update"]);
});

test("more updaters than ten, and the oldest are one", async () => {
  await apply("crowd", ports({ port: 80 }));
  for (let number = 0; number < 14; number += 1) {
    await patch(`${SERVICES}/crowd?fieldManager=m${number}`, "merge-patch+json", { metadata: { labels: { [`l${number}`]: "x" } } });
  }
  const { metadata } = await api.client.get(
    { group: "", version: "v1", kind: "Service", plural: "services", namespaced: true },
    "crowd",
    "default",
  );
  const updaters = (metadata.managedFields as Entry[]).filter(({ operation }) => operation === "Update");
  assert.equal(updaters.length, 10);
  const ancient = updaters.find(({ manager }) => manager === "ancient-changes");
  assert.match(JSON.stringify(ancient?.fieldsV1), /f:l0.*f:l1/);
});

test("a dry run conflicts, merges and keeps nothing", async () => {
  const dry = await apply("dry", ports({ port: 80 }), "fieldManager=ann&dryRun=All");
  assert.equal(dry.status, 201);
  assert.equal((await rawRequest(api, "GET", `${SERVICES}/dry`)).status, 404);
  await apply("dry", ports({ port: 80, name: "a" }));
  assert.equal((await apply("dry", ports({ port: 80, name: "b" }), "fieldManager=bob&dryRun=All")).status, 409);
});

const refused: [what: string, status: number, query: string, config: object, message: RegExp][] = [
  ["no fieldManager", 422, "", ports({ port: 80 }), /fieldManager: Required value: is required for apply patch/],
  ["a fieldManager of 129 letters", 422, `fieldManager=${"m".repeat(129)}`, ports({ port: 80 }), /Too long/],
  [
    "managedFields",
    400,
    "fieldManager=ann",
    { metadata: { managedFields: [] }, ...ports({ port: 80 }) },
    /metadata\.managedFields must be nil/,
  ],
  ["another version", 400, "fieldManager=ann", { apiVersion: "v2", ...ports({ port: 80 }) }, /v2/],
  ["another name", 400, "fieldManager=ann", { metadata: { name: "other" } }, /does not match the name on the URL/],
  ["an element without its key", 400, "fieldManager=ann", ports({ name: "a" }), /omits key field "port"/],
  [
    "two elements with one key",
    400,
    "fieldManager=ann",
    ports({ port: 80 }, { port: 80 }),
    /duplicate entries for key \[port=80,protocol="TCP"\]/,
  ],
  [
    "an unknown field, whatever fieldValidation says",
    400,
    "fieldManager=ann&fieldValidation=Ignore",
    ports({ port: 80, nmae: "a" }),
    /unknown field/,
  ],
  ["a uid of what is not there", 409, "fieldManager=ann", { metadata: { uid: "u" }, ...ports({ port: 80 }) }, /uid mismatch/],
  ["a resourceVersion of what is not there", 409, "fieldManager=ann", { metadata: { resourceVersion: "1" } }, /no existing object/],
];
for (const [what, status, query, config, message] of refused) {
  test(`apply with ${what} is ${status}, and nothing is kept`, async () => {
    const answer = await apply("never", config, query);
    assert.equal(answer.status, status, answer.text);
    assert.match(String(answer.json.message), message);
    assert.equal((await rawRequest(api, "GET", `${SERVICES}/never`)).status, 404);
  });
}

test("an apply that has seen another state or another object conflicts", async () => {
  await apply("seen", ports({ port: 80 }));
  assert.equal((await apply("seen", { metadata: { resourceVersion: "1" }, ...ports({ port: 80 }) })).status, 409);
  assert.equal((await apply("seen", { metadata: { uid: "another" }, ...ports({ port: 80 }) })).status, 409);
  assert.equal((await patch(`${SERVICES}/seen?force=true`, "merge-patch+json", {})).status, 422, "force is for applies only");
});
