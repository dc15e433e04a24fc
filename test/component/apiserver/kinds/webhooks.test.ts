import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { startApi, type TestApi } from "../../../support/api.ts";
import { selfSigned } from "../../../support/self-signed.ts";
import { crontab, CRONTABS, crontabs, DEFINITIONS, expectStatus, send } from "./definitions.ts";
import { patchOf, startWebhooks, type WebhookServer } from "./webhook-server.ts";

const GROUP = "/apis/admissionregistration.k8s.io/v1";
const MAPS = "/api/v1/namespaces/default/configmaps";

let api: TestApi;
let server: WebhookServer;
before(async () => {
  api = await startApi();
  const label = (key: string) => patchOf([{ op: "add", path: "/metadata/labels", value: { [key]: "set" } }]);
  server = await startWebhooks({
    "/allow": () => ({ warnings: ["look out"] }),
    "/deny": () => ({ allowed: false, status: { code: 403, reason: "Forbidden", message: "not today" } }),
    "/deny-silently": () => ({ allowed: false }),
    "/label": (request) => (request.object.metadata.labels === undefined ? label("first") : {}),
    "/count": (request) => patchOf([{ op: "add", path: "/data/seen", value: String(Object.keys(request.object.data ?? {}).length) }]),
    "/too-many": () => patchOf([{ op: "add", path: "/spec/replicas", value: 99 }]),
    "/three": () => patchOf([{ op: "add", path: "/spec/replicas", value: 3 }]),
    "/broken": () => ({ uid: "another" }),
    "/hang": () => undefined,
  });
});
after(async () => {
  await api.close();
  await server.close();
});
afterEach(async () => {
  for (const kind of ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]) {
    await expectStatus(200, send(api, "DELETE", `${GROUP}/${kind}`));
  }
  server.heard.length = 0;
});

const RULE = { operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };

function webhook(path: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: `${path.slice(1)}.example.com`,
    clientConfig: { url: `${server.url}${path}`, caBundle: server.caBundle },
    rules: [RULE],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    ...more,
  };
}

async function install(type: "mutating" | "validating", ...webhooks: Record<string, unknown>[]): Promise<void> {
  await expectStatus(201, send(api, "POST", `${GROUP}/${type}webhookconfigurations`, { metadata: { generateName: "test-" }, webhooks }));
}

const map = (name: string, data: Record<string, string> = {}): object => ({ metadata: { name }, data });

test("a validating webhook hears who does what to which object, and its warnings reach the client", async () => {
  await install("validating", webhook("/allow"));
  const made = await send(api, "POST", MAPS, map("heard", { a: "1" }));
  assert.equal(made.status, 201);
  assert.match(String(made.headers.warning), /look out/);
  await expectStatus(200, send(api, "PATCH", `${MAPS}/heard`, { data: { a: "2" } }, "application/merge-patch+json"));
  await expectStatus(200, send(api, "DELETE", `${MAPS}/heard`));
  assert.deepEqual(
    server.heard.map(({ operation, name, namespace, object, oldObject, dryRun }) => [
      operation,
      name,
      namespace,
      object?.data.a,
      oldObject?.data.a,
      dryRun,
    ]),
    [
      ["CREATE", "heard", "default", "1", undefined, false],
      ["UPDATE", "heard", "default", "2", "1", false],
      ["DELETE", "heard", "default", undefined, "2", false],
    ],
  );
  const [first] = server.heard;
  assert.deepEqual(first.kind, { group: "", version: "v1", kind: "ConfigMap" });
  assert.deepEqual(first.resource, { group: "", version: "v1", resource: "configmaps" });
  assert.equal(first.userInfo.username, "test");
});

test("a refusal is the client's answer, and nothing is written", async () => {
  await install("validating", webhook("/deny"));
  const refused = await expectStatus(403, send(api, "POST", MAPS, map("refused")));
  assert.deepEqual([refused.reason, refused.message], ["Forbidden", 'admission webhook "deny.example.com" denied the request: not today']);
  await expectStatus(404, send(api, "GET", `${MAPS}/refused`));
  await expectStatus(201, send(api, "POST", "/api/v1/namespaces/default/secrets", { metadata: { name: "other-kind" } }));
});

test("a refusal without a word is a 400", async () => {
  await install("validating", webhook("/deny-silently"));
  const refused = await expectStatus(400, send(api, "POST", MAPS, map("refused")));
  assert.equal(refused.message, 'admission webhook "deny-silently.example.com" denied the request without explanation');
});

test("mutating webhooks change the object one after the other; who asks hears again of later changes", async () => {
  await install("mutating", webhook("/count", { reinvocationPolicy: "IfNeeded" }), webhook("/label"));
  const made = await expectStatus(201, send(api, "POST", MAPS, map("changed", { a: "1" })));
  assert.deepEqual(made.metadata.labels, { first: "set" });
  assert.equal(made.data.seen, "2");
  assert.deepEqual(
    server.heard.map(({ path }) => path),
    ["/count", "/label", "/count"],
  );
  const stored = await expectStatus(200, send(api, "GET", `${MAPS}/changed`));
  assert.deepEqual([stored.data, stored.metadata.uid], [made.data, made.metadata.uid]);
});

test("what a webhook makes of a custom object is judged by its schema, and counts as a generation", async () => {
  await expectStatus(201, send(api, "POST", DEFINITIONS, crontabs()));
  const rule = { ...RULE, apiGroups: ["stable.example.com"], resources: ["crontabs"] };
  await expectStatus(201, send(api, "POST", CRONTABS, crontab("mine")));
  await install("mutating", webhook("/three", { rules: [rule] }));
  const next = await expectStatus(
    200,
    send(api, "PATCH", `${CRONTABS}/mine`, { metadata: { labels: { a: "b" } } }, "application/merge-patch+json"),
  );
  assert.deepEqual([next.spec.replicas, next.metadata.generation], [3, 2]);
  await expectStatus(200, send(api, "DELETE", `${GROUP}/mutatingwebhookconfigurations`));
  await install("mutating", webhook("/too-many", { rules: [rule] }));
  assert.match((await expectStatus(422, send(api, "POST", CRONTABS, crontab("bad")))).message, /spec\.replicas: Invalid value: 99/);
});

test("selectors and conditions choose what a webhook hears of", async () => {
  await expectStatus(201, send(api, "POST", "/api/v1/namespaces", { metadata: { name: "chosen", labels: { hooks: "yes" } } }));
  await install("validating", webhook("/deny", { namespaceSelector: { matchLabels: { hooks: "yes" } } }));
  await expectStatus(201, send(api, "POST", MAPS, map("outside")));
  await expectStatus(403, send(api, "POST", "/api/v1/namespaces/chosen/configmaps", map("inside")));
  await expectStatus(200, send(api, "DELETE", `${GROUP}/validatingwebhookconfigurations`));
  await install("validating", webhook("/deny", { objectSelector: { matchExpressions: [{ key: "skip", operator: "DoesNotExist" }] } }));
  await expectStatus(201, send(api, "POST", MAPS, { metadata: { name: "skipped", labels: { skip: "" } } }));
  await expectStatus(200, send(api, "DELETE", `${GROUP}/validatingwebhookconfigurations`));
  await install("validating", webhook("/deny", { matchConditions: [{ name: "named", expression: "request.name.startsWith('x')" }] }));
  await expectStatus(201, send(api, "POST", MAPS, map("ynot")));
  await expectStatus(403, send(api, "POST", MAPS, map("xes")));
});

test("a webhook that fails stops the write, unless it is to be ignored", async () => {
  const stranger = { url: `${server.url}/allow`, caBundle: Buffer.from(selfSigned().certPem).toString("base64") };
  const failures: [Record<string, unknown>, RegExp][] = [
    [
      webhook("/allow", { clientConfig: stranger }),
      /failed calling webhook "allow\.example\.com": failed to call webhook: Post ".*": (self.signed|unable to verify|DEPTH)/i,
    ],
    [webhook("/broken"), /expected response\.uid=/],
    [webhook("/hang", { timeoutSeconds: 1 }), /context deadline exceeded/],
    [
      webhook("/allow", { clientConfig: { service: { namespace: "default", name: "none" }, caBundle: server.caBundle } }),
      /service "none" not found/,
    ],
  ];
  for (const [entry, words] of failures) {
    await install("validating", entry);
    const refused = await expectStatus(500, send(api, "POST", MAPS, map("stopped")));
    assert.match(refused.message, words);
    await expectStatus(200, send(api, "DELETE", `${GROUP}/validatingwebhookconfigurations`));
  }
  await install("validating", webhook("/broken", { failurePolicy: "Ignore" }));
  await expectStatus(201, send(api, "POST", MAPS, map("not-stopped")));
});

test("a webhook behind a Service is found by the endpoints the store knows", async () => {
  const service = { metadata: { name: "hooks" }, spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] } };
  await expectStatus(201, send(api, "POST", "/api/v1/namespaces/default/services", service));
  const slice = {
    metadata: { name: "hooks-1", labels: { "kubernetes.io/service-name": "hooks" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    ports: [{ name: "https", port: server.port, protocol: "TCP" }],
  };
  await expectStatus(201, send(api, "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice));
  const reference = { namespace: "default", name: "hooks", path: "/deny" };
  await install("validating", webhook("/deny", { clientConfig: { service: reference, caBundle: server.caBundle } }));
  // The certificate is for localhost, not for hooks.default.svc: it is looked at, whatever the address.
  assert.match((await expectStatus(500, send(api, "POST", MAPS, map("named")))).message, /hooks\.default\.svc.*cert/s);
});

test("a dry run reaches only webhooks without side effects", async () => {
  await install("validating", webhook("/allow"));
  await expectStatus(201, send(api, "POST", `${MAPS}?dryRun=All`, map("dry")));
  assert.equal(server.heard[0].dryRun, true);
  await expectStatus(404, send(api, "GET", `${MAPS}/dry`));
  await install("validating", webhook("/allow", { name: "some.example.com", sideEffects: "Some" }));
  assert.match(
    (await expectStatus(400, send(api, "POST", `${MAPS}?dryRun=All`, map("dry")))).message,
    /"some\.example\.com" does not support dry run/,
  );
});

test("generated names, and webhooks for the configurations of webhooks", async () => {
  await install("validating", webhook("/deny", { rules: [{ ...RULE, apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }] }));
  const refused = await expectStatus(403, send(api, "POST", MAPS, { metadata: { generateName: "x-" } }));
  assert.match(refused.message, /denied/);
  assert.match(server.heard[0].name, /^x-.{5}$/);
  await expectStatus(200, send(api, "DELETE", `${GROUP}/validatingwebhookconfigurations`));
  await install("mutating", webhook("/label"));
  const made = await expectStatus(201, send(api, "POST", MAPS, { metadata: { generateName: "x-" } }));
  assert.equal(server.heard[1].name, made.metadata.name);
});
