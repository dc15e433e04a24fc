import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { systemClock } from "../../../../src/lib/clock.ts";
import { waitFor } from "../../../../src/lib/wait-for.ts";
import { startApi, type TestApi } from "../../../support/api.ts";
import { rawRequest } from "../../../support/raw-request.ts";
import { expectStatus, send } from "./definitions.ts";

const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const NAME = "v1.metrics.example.com";
const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: "metrics.example.com/v1",
  resources: [
    { name: "loads", singularName: "load", namespaced: true, kind: "Load", verbs: ["get", "list"] },
    { name: "loads/history", singularName: "", namespaced: true, kind: "History", verbs: ["get"] },
  ],
};

/** A certificate for the name of a Service, with its own root. */
function certificateFor(name: string): { certPem: string; keyPem: string } {
  const folder = mkdtempSync(join(tmpdir(), "meshctl-agg-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=x"];
  execFileSync("openssl", [...args, "-addext", `subjectAltName=DNS:${name}`, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const pair = { certPem: readFileSync(cert, "utf8"), keyPem: readFileSync(key, "utf8") };
  rmSync(folder, { recursive: true });
  return pair;
}

let api: TestApi;
let server: Server;
let caBundle = "";
const heard: { url: string; method: string; headers: Record<string, unknown>; body: string }[] = [];

before(async () => {
  api = await startApi();
  const { certPem, keyPem } = certificateFor("extension.default.svc");
  caBundle = Buffer.from(certPem).toString("base64");
  const { data } = await expectStatus(
    200,
    send(api, "GET", "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"),
  );
  // As aggregated servers do: only who has a certificate of the front proxy's CA, with the allowed name, is believed.
  const options = { cert: certPem, key: keyPem, ca: data["requestheader-client-ca-file"], requestCert: true, rejectUnauthorized: true };
  server = createServer(options, (request, response) => {
    const allowed = JSON.parse(data["requestheader-allowed-names"]) as string[];
    assert.ok(allowed.includes((request.socket as TLSSocket).getPeerCertificate().subject.CN as string));
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      heard.push({ url: request.url ?? "", method: request.method ?? "", headers: request.headersDistinct, body });
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(request.url === "/apis/metrics.example.com/v1" ? RESOURCES : { kind: "Load", path: request.url }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  await api.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function available(holds: (condition: any) => boolean): Promise<any> {
  const found = await waitFor(
    async () => {
      const { status } = await expectStatus(200, send(api, "GET", `${SERVICES}/${NAME}`));
      const [condition] = status?.conditions ?? [];
      return condition !== undefined && holds(condition) ? condition : null;
    },
    { clock: systemClock, timeoutMs: 20_000, everyMs: 20 },
  );
  assert.ok(found, "the condition never became what it should be");
  return found;
}

test("an APIService whose server is not there is not available, and its group answers 503", async () => {
  const spec = {
    group: "metrics.example.com",
    version: "v1",
    service: { namespace: "default", name: "extension" },
    caBundle,
    groupPriorityMinimum: 1000,
    versionPriority: 15,
  };
  const misnamed = await expectStatus(422, send(api, "POST", SERVICES, { metadata: { name: "v1.other.example.com" }, spec }));
  assert.match(misnamed.message, /metadata\.name: Invalid value/);
  await expectStatus(201, send(api, "POST", SERVICES, { metadata: { name: NAME }, spec }));
  assert.equal((await available(({ status }) => status === "False")).reason, "ServiceNotFound");
  const refused = await expectStatus(503, send(api, "GET", "/apis/metrics.example.com/v1/namespaces/default/loads"));
  assert.equal(refused.reason, "ServiceUnavailable");
});

test("once it is there, requests go to it with the caller's name, and discovery has its kinds", async () => {
  await expectStatus(
    201,
    send(api, "POST", "/api/v1/namespaces/default/services", { metadata: { name: "extension" }, spec: { ports: [{ port: 443 }] } }),
  );
  const slice = {
    metadata: { name: "extension-1", labels: { "kubernetes.io/service-name": "extension" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"] }],
    ports: [{ name: "", port: (server.address() as AddressInfo).port }],
  };
  await expectStatus(201, send(api, "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice));
  await available(({ status }) => status === "True");
  heard.length = 0;
  const path = "/apis/metrics.example.com/v1/namespaces/default/loads/web?x=1";
  const answer = await rawRequest(api, "POST", path, {
    body: '{"a":1}',
    headers: { "content-type": "application/json", "x-remote-user": "liar", "x-remote-group": "system:masters" },
  });
  assert.deepEqual([answer.status, (answer.json as any).path], [200, path]);
  const [{ method, body, headers }] = heard as [any];
  assert.deepEqual([method, body], ["POST", '{"a":1}']);
  assert.deepEqual(headers["x-remote-user"], ["test"]);
  assert.deepEqual(headers["x-remote-group"].join(",").split(/,\s*/), ["system:masters", "system:authenticated"]);
  assert.equal(headers.authorization, undefined);

  const { groups } = await expectStatus(200, send(api, "GET", "/apis"));
  assert.ok(groups.some(({ name }: any) => name === "metrics.example.com"));
  assert.equal((await expectStatus(200, send(api, "GET", "/apis/metrics.example.com"))).preferredVersion.version, "v1");
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const { items } = (await rawRequest(api, "GET", "/apis", { headers: { accept } })).json as any;
  const item = items.find(({ metadata }: any) => metadata.name === "metrics.example.com");
  assert.equal(item.versions[0].freshness, "Current");
  assert.deepEqual(
    item.versions[0].resources.map(({ resource, scope, subresources }: any) => [resource, scope, subresources[0].subresource]),
    [["loads", "Namespaced", "history"]],
  );
});

test("rights on aggregated groups are those of the stored roles", async () => {
  await expectStatus(201, send(api, "POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "viewer" } }));
  const { status } = await expectStatus(201, send(api, "POST", "/api/v1/namespaces/default/serviceaccounts/viewer/token", { spec: {} }));
  const path = "/apis/metrics.example.com/v1/namespaces/default/loads";
  const refused = await expectStatus(403, rawRequest(api, "GET", path, { token: status.token }));
  assert.match(refused.message, /cannot list resource "loads" in API group "metrics\.example\.com" in the namespace "default"/);
});

test("a server with a certificate of another root is not believed", async () => {
  const other = Buffer.from(certificateFor("extension.default.svc").certPem).toString("base64");
  await expectStatus(200, send(api, "PATCH", `${SERVICES}/${NAME}`, { spec: { caBundle: other } }, "application/merge-patch+json"));
  assert.equal((await available(({ status }) => status === "False")).reason, "FailedDiscoveryCheck");
  await expectStatus(503, send(api, "GET", "/apis/metrics.example.com/v1/namespaces/default/loads"));
});
