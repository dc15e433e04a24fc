import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { startApi, type TestApi } from "../../support/api.ts";
import { rawRequest } from "../../support/raw-request.ts";

const MIB = 1024 * 1024;
const PATH = "/api/v1/namespaces/default/configmaps";
const JSON_TYPE = { "content-type": "application/json" };
const YAML_TYPE = { "content-type": "application/yaml" };

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const named = (name: string, more: object = {}): string => JSON.stringify({ metadata: { name }, ...more });
const nested = (depth: number): string => `{"metadata":{"name":"deep"},"data":${"[".repeat(depth)}${"]".repeat(depth)}}`;
const bomb = `metadata: {name: bomb}\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n`;

const bodies: [what: string, status: number, body: string | Buffer, headers?: Record<string, string>][] = [
  ["nothing", 400, ""],
  ["not JSON", 400, "{", JSON_TYPE],
  ["two documents", 400, `${named("a")}${named("b")}`, JSON_TYPE],
  ["a list", 400, "[]", JSON_TYPE],
  ["null", 400, "null", JSON_TYPE],
  ["a number", 400, "7", JSON_TYPE],
  ["binary garbage", 400, Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]), JSON_TYPE],
  ["metadata that is a list", 400, '{"metadata":[]}', JSON_TYPE],
  ["metadata that is null", 400, '{"metadata":null}', JSON_TYPE],
  ["no name", 422, "{}", JSON_TYPE],
  ["a name that is a number", 422, '{"metadata":{"name":7}}', JSON_TYPE],
  ["a name with a slash", 422, named("a/b"), JSON_TYPE],
  ["a name with upper case", 422, named("Ab"), JSON_TYPE],
  ["a name of 254 letters", 422, named("a".repeat(254)), JSON_TYPE],
  ["a label that is no label", 422, '{"metadata":{"name":"l","labels":{"a b":"c"}}}', JSON_TYPE],
  ["annotations over 256 KiB", 422, JSON.stringify({ metadata: { name: "a", annotations: { a: "x".repeat(256 * 1024) } } }), JSON_TYPE],
  ["an unknown field of metadata", 400, '{"metadata":{"name":"u","lables":{}}}', JSON_TYPE],
  ["another kind", 400, named("k", { kind: "Secret" }), JSON_TYPE],
  ["another version", 400, named("v", { apiVersion: "v2" }), JSON_TYPE],
  ["another namespace", 400, '{"metadata":{"name":"n","namespace":"other"}}', JSON_TYPE],
  ["a resourceVersion", 400, '{"metadata":{"name":"n","resourceVersion":"1"}}', JSON_TYPE],
  ["__proto__ at the top", 400, '{"metadata":{"name":"p"},"__proto__":{"polluted":1}}', JSON_TYPE],
  ["__proto__ deep inside", 400, '{"metadata":{"name":"p"},"data":{"a":[{"__proto__":{"polluted":1}}]}}', JSON_TYPE],
  ["__proto__ in YAML", 400, "metadata: {name: p}\n__proto__: {polluted: 1}\n", YAML_TYPE],
  ["101 levels", 400, nested(101), JSON_TYPE],
  ["100,000 levels", 400, nested(100_000), JSON_TYPE],
  ["protobuf", 415, Buffer.from("k8s\0"), { "content-type": "application/vnd.kubernetes.protobuf" }],
  ["a form", 415, "a=b", { "content-type": "application/x-www-form-urlencoded" }],
  ["gzip", 415, named("z"), { ...JSON_TYPE, "content-encoding": "gzip" }],
  ["over 1.5 MiB", 413, named("big", { data: { a: "x".repeat(1.5 * MIB) } }), JSON_TYPE],
  ["5 MiB of YAML", 413, `metadata: {name: y}\ndata: {a: ${"x".repeat(5 * MIB)}}`, YAML_TYPE],
  ["5 MiB without a length", 413, "x".repeat(5 * MIB), { ...JSON_TYPE, "transfer-encoding": "chunked" }],
  ["not YAML", 400, "a: [", YAML_TYPE],
  ["a YAML key twice", 400, "metadata: {name: t}\ndata: {a: b}\ndata: {a: c}\n", YAML_TYPE],
  ["a JSON key twice", 400, '{"metadata":{"name":"t"},"data":{"a":"b","\\u0061":"c"}}', JSON_TYPE],
  ["a YAML alias bomb", 400, bomb, YAML_TYPE],
  ["100,000 levels of YAML", 400, `metadata: {name: deep}\ndata: ${"[".repeat(100_000)}`, YAML_TYPE],
  ["a generateName that makes no name", 422, '{"metadata":{"generateName":"No_"}}', JSON_TYPE],
  ["a generateName that is a number", 422, '{"metadata":{"generateName":7}}', JSON_TYPE],
];

for (const [what, status, body, headers] of bodies) {
  test(`a body of ${what} is answered ${status} with a Status and changes nothing`, async () => {
    const revision = api.store.revision;
    const answer = await rawRequest(api, "POST", PATH, { body, headers });
    assert.equal(answer.status, status, answer.text.slice(0, 300));
    assert.deepEqual([answer.json.kind, answer.json.status, answer.json.code], ["Status", "Failure", status]);
    assert.equal(typeof answer.json.reason, "string");
    assert.doesNotMatch(answer.text, /\bat .*\.ts:\d+|node_modules/, "no stack trace leaves the server");
    assert.equal(api.store.revision, revision);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
}

test("a field that stands twice is an error, a warning or nothing, by field validation; the last one counts", async () => {
  for (const [name, headers, twice] of [
    ["json", JSON_TYPE, '{"metadata":{"name":"NAME"},"data":{"a":"1"},"data":{"a":"2"}}'],
    ["yaml", YAML_TYPE, "metadata: {name: NAME}\ndata: {a: '1'}\ndata: {a: '2'}\n"],
  ] as const) {
    const send = (validation: string) => {
      const body = twice.replace("NAME", `twice-${name}-${validation.toLowerCase()}`);
      return rawRequest(api, "POST", `${PATH}?fieldValidation=${validation}`, { headers, body });
    };
    const strict = await send("Strict");
    assert.equal(strict.status, 400);
    assert.match(
      String(strict.json.message),
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data"$/,
    );
    const warned = await send("Warn");
    assert.deepEqual([warned.status, warned.json.data, warned.headers.warning], [201, { a: "2" }, '299 - "duplicate field \\"data\\""']);
    const ignored = await send("Ignore");
    assert.deepEqual([ignored.status, ignored.headers.warning], [201, undefined]);
  }
});

test("long generateNames are cut to a label's length", async () => {
  const made = await rawRequest(api, "POST", PATH, {
    headers: JSON_TYPE,
    body: JSON.stringify({ metadata: { generateName: `${"g".repeat(80)}-` } }),
  });
  assert.match((made.json.metadata as { name: string }).name, /^g{58}[a-z0-9]{5}$/);
});

test("a patch cannot make an object larger than a body could be", async () => {
  const revision = await rawRequest(api, "POST", PATH, { headers: JSON_TYPE, body: named("grows", { data: { a: "x".repeat(MIB) } }) });
  assert.equal(revision.status, 201);
  const patch = await rawRequest(api, "PATCH", `${PATH}/grows`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ data: { b: "x".repeat(MIB) } }),
  });
  assert.deepEqual([patch.status, patch.json.reason], [413, "RequestEntityTooLarge"]);
  assert.deepEqual(Object.keys((await rawRequest(api, "GET", `${PATH}/grows`)).json.data as object), ["a"]);
});

test("keys that only look dangerous are data like others", async () => {
  const data = { constructor: "a", prototype: "b", toString: "c", hasOwnProperty: "d" };
  const made = await rawRequest(api, "POST", PATH, { body: JSON.stringify({ metadata: { name: "odd" }, data }), headers: JSON_TYPE });
  assert.deepEqual([made.status, made.json.data], [201, data]);
  const patch = JSON.stringify({ data: { constructor: null, toString: { prototype: "x" } } });
  const patched = await rawRequest(api, "PATCH", `${PATH}/odd`, {
    body: patch,
    headers: { "content-type": "application/merge-patch+json" },
  });
  assert.deepEqual(patched.json.data, { prototype: "b", toString: { prototype: "x" }, hasOwnProperty: "d" });
});

test("YAML bodies are taken, and YAML answers given", async () => {
  const made = await rawRequest(api, "POST", PATH, {
    body: "metadata:\n  name: yaml\ndata:\n  a: b\n",
    headers: { ...YAML_TYPE, accept: "application/yaml" },
  });
  assert.equal(made.status, 201);
  assert.match(made.text, /^metadata:\n|\nmetadata:\n/);
  assert.equal(made.headers["content-type"], "application/yaml");
});

const places: [method: string, path: string, status: number][] = [
  ["GET", "/apis/nothing.dev/v1/things", 404],
  ["GET", "/apis/meshctl.dev/v1/workloads", 404],
  ["GET", "/api/v1/nothing", 404],
  ["GET", "/api/v1/services/api", 404],
  ["GET", "/api/v1/namespaces/default/services/api/scale", 404],
  ["GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/x/status", 404],
  ["GET", "/api/v1/namespaces/default/services/%2e%2e%2fsecrets", 404],
  ["GET", "/api/v1/namespaces/%00/services", 200],
  ["GET", "/api/v1/namespaces/%zz/services", 404],
  ["GET", "/api/v1//services", 404],
  ["GET", "/openapi/v3/apis/nothing", 404],
  ["POST", "/api/v1/namespaces/default/services/api", 405],
  ["PUT", "/api/v1/namespaces/default/services", 405],
  ["PATCH", "/api/v1/namespaces/default/services", 405],
  ["POST", "/apis", 405],
  ["OPTIONS", "/api/v1/services", 405],
  ["POST", "/api/v1/services", 405],
  ["DELETE", "/api/v1/services", 405],
];

for (const [method, path, status] of places) {
  test(`${method} ${path} is answered ${status}`, async () => {
    const answer = await rawRequest(api, method, path);
    assert.equal(answer.status, status, answer.text.slice(0, 300));
    if (status >= 400) assert.equal(answer.json.kind, "Status");
  });
}

test("patches of a type that is not understood are 415 with the list of those that are", async () => {
  const answer = await rawRequest(api, "PATCH", `${PATH}/odd`, { body: "{}", headers: { "content-type": "application/apply-patch+cbor" } });
  assert.equal(answer.status, 415);
  assert.match(String(answer.json.message), /merge-patch\+json/);
  const strategic = { "content-type": "application/strategic-merge-patch+json" };
  const custom = await rawRequest(api, "PATCH", "/apis/meshctl.dev/v1alpha1/namespaces/default/workloads/x", {
    body: "{}",
    headers: strategic,
  });
  assert.equal(custom.status, 415, "kubectl falls back to a merge patch then");
});

test("a client that takes only protobuf is told so", async () => {
  const answer = await rawRequest(api, "GET", PATH, { headers: { accept: "application/vnd.kubernetes.protobuf" } });
  assert.equal(answer.status, 406);
});

test("workloads have no business here", async () => {
  const answer = await rawRequest(api, "GET", PATH, { token: "not an admin's" });
  assert.deepEqual([answer.status, answer.json.reason], [403, "Forbidden"]);
});

test("paths of others are left alone", async () => {
  const answer = await rawRequest(api, "GET", "/meshctl/v1/version");
  assert.deepEqual([answer.status, answer.text], [404, ""]);
});

test("a client that leaves in the middle of its body leaves no trace", async () => {
  const revision = api.store.revision;
  await new Promise<void>((resolve) => {
    const half = connect({ host: "127.0.0.1", port: api.port, ca: api.caPem }, () => {
      half.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Length: 1000\r\n\r\n{"metadata"`, () =>
        half.destroy(),
      );
    });
    half.on("close", () => resolve()).on("error", () => {});
  });
  // Whatever the API made of it, it is done before the next answer; internal errors fail the test at close.
  assert.equal((await rawRequest(api, "GET", PATH)).status, 200);
  assert.equal(api.store.revision, revision);
});
