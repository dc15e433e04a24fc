import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { startApi, type TestApi } from "../../../support/api.ts";
import { type RawAnswer, rawRequest } from "../../../support/raw-request.ts";
import { expectStatus, send } from "./definitions.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const CORE = "/api/v1/namespaces/default";
const ISSUER = "https://kubernetes.default.svc.cluster.local";

let api: TestApi;
before(async () => {
  api = await startApi();
  for (const name of ["reader", "nobody"]) await expectStatus(201, send(api, "POST", `${CORE}/serviceaccounts`, { metadata: { name } }));
  await expectStatus(201, send(api, "POST", `${CORE}/pods`, { metadata: { name: "web" }, spec: {} }));
  const rules = [
    { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods/status"], verbs: ["*"] },
  ];
  await expectStatus(201, send(api, "POST", `${RBAC}/namespaces/default/roles`, { metadata: { name: "reads" }, rules }));
  const subjects = [{ kind: "ServiceAccount", name: "reader", namespace: "default" }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reads" };
  await expectStatus(201, send(api, "POST", `${RBAC}/namespaces/default/rolebindings`, { metadata: { name: "reads" }, subjects, roleRef }));
  const base = { rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }] };
  await expectStatus(201, send(api, "POST", `${RBAC}/clusterroles`, { metadata: { name: "part", labels: { part: "of-all" } }, ...base }));
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { part: "of-all" } }] };
  await expectStatus(201, send(api, "POST", `${RBAC}/clusterroles`, { metadata: { name: "all" }, aggregationRule, rules: [] }));
  const binding = {
    metadata: { name: "all" },
    subjects: [{ kind: "Group", name: "people" }],
    roleRef: { ...roleRef, kind: "ClusterRole", name: "all" },
  };
  await expectStatus(201, send(api, "POST", `${RBAC}/clusterrolebindings`, binding));
});
after(() => api.close());

async function tokenOf(name: string, spec: object = {}): Promise<string> {
  return (await expectStatus(201, send(api, "POST", `${CORE}/serviceaccounts/${name}/token`, { spec }))).status.token;
}

const as = (token: string, method: string, path: string, body?: unknown): Promise<RawAnswer> =>
  rawRequest(api, method, path, {
    token,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

test("a token says what API servers say in theirs", async () => {
  const pod = await expectStatus(200, send(api, "GET", `${CORE}/pods/web`));
  const ref = { kind: "Pod", apiVersion: "v1", name: "web" };
  const token = await tokenOf("reader", { audiences: ["meshctl.dev"], expirationSeconds: 1200, boundObjectRef: ref });
  const { iss, sub, aud, exp = 0, iat = 0, ...rest } = decodeJwt(token);
  assert.deepEqual([iss, sub, aud, exp - iat], [ISSUER, "system:serviceaccount:default:reader", ["meshctl.dev"], 1200]);
  assert.deepEqual((rest["kubernetes.io"] as any).pod, { name: "web", uid: pod.metadata.uid });
  assert.equal(decodeProtectedHeader(token).alg, "ES256");
});

test("requests for tokens that cannot be", async () => {
  const ask = (name: string, spec: object) => send(api, "POST", `${CORE}/serviceaccounts/${name}/token`, { spec });
  await expectStatus(404, ask("stranger", {}));
  const short = await expectStatus(422, ask("reader", { expirationSeconds: 10 }));
  assert.match(short.message, /spec\.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes/);
  await expectStatus(404, ask("reader", { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "none" } }));
  await expectStatus(409, ask("reader", { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web", uid: "other" } }));
  await expectStatus(400, ask("reader", { boundObjectRef: { kind: "Service", apiVersion: "v1", name: "web" } }));
  await expectStatus(400, ask("reader", { audiences: "one" }));
  await expectStatus(405, send(api, "GET", "/apis/authentication.k8s.io/v1/tokenreviews"));
});

test("TokenReview knows the tokens of this server, for their audience, while what they are bound to is there", async () => {
  const review = async (token: string, audiences?: string[]) =>
    (await expectStatus(201, send(api, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token, audiences } }))).status;
  const token = await tokenOf("reader", { audiences: ["meshctl.dev"], boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web" } });
  const good = await review(token, ["other", "meshctl.dev"]);
  assert.equal(good.authenticated, true);
  assert.equal(good.user.username, "system:serviceaccount:default:reader");
  assert.deepEqual(good.user.groups, ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]);
  assert.deepEqual(good.user.extra["authentication.kubernetes.io/pod-name"], ["web"]);
  assert.deepEqual(good.audiences, ["meshctl.dev"]);
  assert.match((await review(token)).error, /audiences/);
  const [header = "", payload = "", signature = ""] = token.split(".");
  assert.match((await review(`${header}.${payload}.${signature.slice(0, -4)}AAAA`, ["meshctl.dev"])).error, /not signed/);
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  assert.ok((await review(`${none}.${payload}.`, ["meshctl.dev"])).error);
  const hs = `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${payload}`;
  assert.ok((await review(`${hs}.${createHmac("sha256", "x").update(hs).digest("base64url")}`, ["meshctl.dev"])).error);
  await expectStatus(200, send(api, "DELETE", `${CORE}/pods/web`));
  assert.match((await review(token, ["meshctl.dev"])).error, /pods "web" of the token is gone/);
});

test("a service account does what its roles allow, and hears 403 for the rest", async () => {
  const token = await tokenOf("reader");
  await expectStatus(200, as(token, "GET", `${CORE}/configmaps`));
  await expectStatus(200, as(token, "GET", "/apis"));
  const refused = await expectStatus(403, as(token, "POST", `${CORE}/configmaps`, { metadata: { name: "x" } }));
  assert.equal(
    refused.message,
    'configmaps is forbidden: User "system:serviceaccount:default:reader" cannot create resource "configmaps" in API group "" in the namespace "default"',
  );
  await expectStatus(404, as(token, "GET", `${CORE}/secrets/mine`));
  await expectStatus(403, as(token, "GET", `${CORE}/secrets/other`));
  await expectStatus(403, as(token, "GET", "/api/v1/configmaps"));
  await expectStatus(403, as(token, "POST", `${CORE}/serviceaccounts/reader/token`, {}));
  await expectStatus(401, as("a.b.c", "GET", `${CORE}/configmaps`));
  await expectStatus(401, as(await tokenOf("reader", { audiences: ["elsewhere"] }), "GET", `${CORE}/configmaps`));
});

test("access reviews answer for others, for oneself, for groups and for roles made of roles", async () => {
  const review = async (kind: string, spec: object, path = `/apis/authorization.k8s.io/v1/${kind}`) =>
    (await expectStatus(201, send(api, "POST", path, { spec }))).status;
  const resourceAttributes = { verb: "list", resource: "configmaps", namespace: "default" };
  const user = "system:serviceaccount:default:reader";
  const allowed = await review("subjectaccessreviews", { user, resourceAttributes });
  assert.deepEqual(allowed, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "reads/default" of Role "reads" to ServiceAccount "reader/default"',
  });
  assert.equal(
    (await review("subjectaccessreviews", { user, resourceAttributes: { ...resourceAttributes, namespace: "meshctl-system" } })).allowed,
    false,
  );
  assert.equal(
    (await review("subjectaccessreviews", { user, resourceAttributes: { ...resourceAttributes, resource: "pods", subresource: "status" } }))
      .allowed,
    true,
  );
  const nonResourceAttributes = { verb: "get", path: "/metrics" };
  assert.equal((await review("subjectaccessreviews", { user: "x", groups: ["people"], nonResourceAttributes })).allowed, true);
  assert.equal((await review("subjectaccessreviews", { user: "x", nonResourceAttributes })).allowed, false);
  assert.equal((await review("selfsubjectaccessreviews", { resourceAttributes: { verb: "*", group: "*", resource: "*" } })).allowed, true);
  const local = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
  assert.equal((await review("", { user, resourceAttributes }, local)).allowed, true);
  await expectStatus(400, send(api, "POST", local, { spec: { user, resourceAttributes: { ...resourceAttributes, namespace: "other" } } }));
  await expectStatus(400, send(api, "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", { spec: { user } }));

  const token = await tokenOf("reader");
  const rules = await expectStatus(
    201,
    as(token, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", { spec: { namespace: "default" } }),
  );
  assert.ok(rules.status.resourceRules.some(({ resources }: any) => resources.includes("configmaps")));
  const self = await expectStatus(201, as(token, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}));
  assert.equal(self.status.userInfo.username, user);
});

test("an administrator may be taken for somebody else, others only where a role says so", async () => {
  const impersonate = (token: string, headers: Record<string, string>, path = `${CORE}/configmaps`) =>
    rawRequest(api, "GET", path, { token, headers });
  const user = "system:serviceaccount:default:reader";
  await expectStatus(200, impersonate(api.token, { "impersonate-user": user }));
  await expectStatus(403, impersonate(api.token, { "impersonate-user": user }, `${CORE}/pods`));
  await expectStatus(400, impersonate(api.token, { "impersonate-group": "people" }));
  const refused = await expectStatus(
    403,
    impersonate(await tokenOf("nobody"), { "impersonate-user": "admin", "impersonate-group": "system:masters" }),
  );
  assert.match(refused.message, /cannot impersonate resource "users"/);
});
