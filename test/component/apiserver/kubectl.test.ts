import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../support/api.ts";
import { configMap, CONFIG_MAP, FAULT, ROUTE, service, SERVICE, WORKLOAD, workload } from "./objects.ts";

const skip = spawnSync("kubectl", ["version", "--client"]).status === 0 ? false : "kubectl is not installed";

let api: TestApi;
let home = "";
before(async () => {
  api = await startApi();
  home = mkdtempSync(join(tmpdir(), "meshctl-kubectl-"));
});
after(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real kubectl with a cache of its own. `input` goes to its stdin. */
function kubectl(args: readonly string[], input = ""): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      "kubectl",
      ["--kubeconfig", api.kubeconfig, "--cache-dir", join(home, "cache"), ...args],
      { env: { PATH: process.env.PATH, HOME: home } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
    child.stdin?.end(input);
  });
}

async function ok(args: readonly string[], input = ""): Promise<string> {
  const { code, out, err } = await kubectl(args, input);
  assert.equal(code, 0, `kubectl ${args.join(" ")}: ${err}`);
  return out;
}

const manifests = (weight: number, data = "b"): string => `
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {ports: [{port: 80, appProtocol: http}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api-split}
spec:
  parentRefs: [{group: "", kind: Service, name: api, port: 80}]
  rules: [{backendRefs: [{name: api-v1, port: 80, weight: ${weight}}, {name: api-v2, port: 80, weight: 10}]}]
---
apiVersion: meshctl.dev/v1alpha1
kind: FaultInjection
metadata: {name: api}
spec: {targetRefs: [{group: "", kind: Service, name: api}], rules: [{delay: {fixed: 200ms, percent: 12.34}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: ${data}}
`;

test("kubectl knows the server and every kind it serves", { skip }, async () => {
  assert.match(await ok(["version"]), /Server Version: v1\.32\.0\+meshctl/);
  const kinds = await ok(["api-resources", "-o", "wide"]);
  for (const line of [
    /^httproutes +gateway\.networking\.k8s\.io\/v1 +true +HTTPRoute/m,
    /^workloads +wl +meshctl\.dev\/v1alpha1/m,
    /^services +svc +v1 /m,
  ]) {
    assert.match(kinds, line);
  }
  assert.match(await ok(["api-versions"]), /gateway\.networking\.k8s\.io\/v1beta1/);
});

test("apply makes new objects, leaves the same alone, and changes those of custom kinds", { skip }, async () => {
  assert.equal((await ok(["apply", "-f", "-"], manifests(90))).match(/ created$/gm)?.length, 4);
  const revision = api.store.revision;
  await ok(["apply", "-f", "-"], manifests(90));
  assert.equal(api.store.revision, revision, "nothing was written");
  assert.match(await ok(["apply", "-f", "-"], manifests(50)), /api-split configured/);
  const route = (await api.client.get(ROUTE, "api-split", "default")).spec as { rules: { backendRefs: { weight: number }[] }[] };
  assert.deepEqual(
    route.rules[0]?.backendRefs.map(({ weight }) => weight),
    [50, 10],
  );
});

test("apply changes built-in kinds too, lists included", { skip }, async () => {
  const ports = (...list: number[]): string =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: two}\nspec: {ports: [${list.map((port) => `{port: ${port}, name: p${port}}`).join(", ")}]}\n`;
  await ok(["apply", "-f", "-"], ports(80, 81));
  await ok(["apply", "-f", "-"], ports(82, 81));
  const { spec } = await api.client.get(SERVICE, "two", "default");
  assert.deepEqual(
    (spec as { ports: { port: number }[] }).ports.map(({ port }) => port),
    [82, 81],
  );
  assert.match(await ok(["apply", "-f", "-"], manifests(50, "changed")), /configmap\/settings configured/);
  await ok(["apply", "-f", "-"], manifests(50));
  await ok(["delete", "svc", "two"]);
});

test("get shows tables with the columns of the kind, and every other format", { skip }, async () => {
  await api.client.create(WORKLOAD, workload("web-1"));
  const table = await ok(["get", "httproutes,faultinjections,services", "-A"]);
  assert.match(table, /NAMESPACE +NAME +PARENTS +BACKENDS +WEIGHTS +AGE\ndefault +httproute.*api-split +api +api-v1,api-v2 +50,10 +\d+s/);
  assert.match(
    await ok(["get", "wl", "-o", "wide"]),
    /NAME +PHASE +READY +VERSION +AGE +SERVICE-ACCOUNT +ADDRESS +SERVICES +INBOUND-PORTS\nweb-1 +<none>.*127\.0\.0\.1/,
  );
  assert.equal(await ok(["get", "wl", "-o", "name"]), "workload.meshctl.dev/web-1\n");
  assert.match(await ok(["get", "httproute", "api-split", "-o", "yaml"]), /^kind: HTTPRoute$/m);
  assert.equal(
    (JSON.parse(await ok(["get", "httproutes.v1beta1.gateway.networking.k8s.io", "-o", "json"])) as { items: { apiVersion: string }[] })
      .items[0]?.apiVersion,
    "gateway.networking.k8s.io/v1beta1",
  );
  assert.match(await ok(["get", "mesh", "-A"]), /faultinjection\.meshctl\.dev\/api/);
  assert.match(await ok(["get", "svc", "-l", "none=such"]), /^$/);
  assert.equal((await kubectl(["get", "wl", "absent"])).err, 'Error from server (NotFound): workloads.meshctl.dev "absent" not found\n');
  assert.match((await kubectl(["get", "nonsense"])).err, /doesn't have a resource type "nonsense"/);
});

test("get -w prints changes as they come", { skip }, async () => {
  const child = spawn(
    "kubectl",
    ["--kubeconfig", api.kubeconfig, "--cache-dir", join(home, "cache"), "get", "wl", "-w", "--output-watch-events"],
    {
      env: { PATH: process.env.PATH, HOME: home },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const until = (pattern: RegExp, text: () => string): Promise<void> =>
    new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`no ${pattern} in ${text()}`)), 10_000);
      const look = (): void => {
        if (!pattern.test(text())) return;
        clearTimeout(deadline);
        child.stdout.off("data", look);
        resolve();
      };
      child.stdout.on("data", look);
      look();
    });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  try {
    await until(/ADDED +web-1/, () => out);
    const seen = await api.client.get(WORKLOAD, "web-1", "default");
    await api.client.updateStatus(WORKLOAD, { ...seen, status: { phase: "Running", ready: ["web:80"] } });
    await until(/MODIFIED +web-1 +Running +web:80/, () => out);
    await api.client.create(WORKLOAD, workload("web-2"));
    await until(/ADDED +web-2/, () => out);
    await api.client.delete(WORKLOAD, "web-2", "default");
    await until(/DELETED +web-2/, () => out);
  } finally {
    child.kill();
  }
});

test("a misspelt field is an error that names the right one; --validate=warn warns", { skip }, async () => {
  const misspelt = manifests(90).replace("weight:", "wieght:").replaceAll("name: api-split", "name: typo");
  const strict = await kubectl(["apply", "-f", "-"], misspelt);
  assert.notEqual(strict.code, 0);
  assert.match(strict.err, /unknown field "spec\.rules\[0\]\.backendRefs\[0\]\.wieght" \(did you mean "weight"\?\)/);
  const warned = await kubectl(["apply", "--validate=warn", "-f", "-"], misspelt);
  assert.match(warned.err, /Warning: unknown field/);
});

test("a value that breaks a rule is refused with its field", { skip }, async () => {
  const { err } = await kubectl(["apply", "-f", "-"], manifests(50).replace("12.34", "12.345"));
  assert.match(err, /The FaultInjection "api" is invalid: spec\.rules\[0\]\.delay\.percent: must have at most two decimals/);
});

test("a server-side dry run writes nothing", { skip }, async () => {
  const revision = api.store.revision;
  assert.match(await ok(["apply", "--dry-run=server", "-f", "-"], manifests(70)), /api-split configured \(server dry run\)/);
  assert.equal(api.store.revision, revision);
});

test("a namespace that does not exist is said", { skip }, async () => {
  const { err } = await kubectl(["-n", "nowhere", "apply", "-f", "-"], manifests(1));
  assert.match(err, /namespaces "nowhere" not found/);
});

test("label, annotate, patch, replace and edit-like updates work", { skip }, async () => {
  await ok(["label", "httproute", "api-split", "team=store"]);
  await ok(["annotate", "faultinjection", "api", "why=test"]);
  await ok(["patch", "httproute", "api-split", "--type=json", "-p", '[{"op":"add","path":"/metadata/labels/more","value":"1"}]']);
  await ok(["patch", "httproute", "api-split", "--type=merge", "-p", '{"metadata":{"labels":{"more":null}}}']);
  const { metadata } = await api.client.get(ROUTE, "api-split", "default");
  assert.deepEqual(metadata.labels, { team: "store" });
  const text = await ok(["get", "faultinjection", "api", "-o", "json"]);
  await ok(["replace", "-f", "-"], text.replaceAll("200ms", "300ms"));
  assert.match(JSON.stringify((await api.client.get(FAULT, "api", "default")).spec), /300ms/);
  const stale = await kubectl(["replace", "-f", "-"], text);
  assert.match(stale.err, /Conflict.*the object has been modified/);
});

test("explain reads our descriptions", { skip }, async () => {
  assert.match(await ok(["explain", "faultinjection.spec.rules.delay"]), /fixed\s+<string> -required-\n\s+How long a request is held/);
});

test("describe works on kinds with and without a schema", { skip }, async () => {
  assert.match(await ok(["describe", "httproute", "api-split"]), /Weight: +50/);
  assert.match(await ok(["describe", "svc", "api"]), /Port: +<unset> +80\/TCP/);
  assert.match(await ok(["describe", "cm", "settings"]), /a:\n----\nb/);
});

test("wait sees a condition come true", { skip }, async () => {
  const waiting = ok(["wait", "faultinjection/api", "--for=condition=Programmed", "--timeout=10s"]);
  const seen = await api.client.get(FAULT, "api", "default");
  const condition = { type: "Programmed", status: "True", reason: "Programmed", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
  await api.client.updateStatus(FAULT, { ...seen, status: { conditions: [condition] } });
  assert.match(await waiting, /condition met/);
});

test("delete takes names, files, selectors and namespaces with all they hold", { skip }, async () => {
  assert.equal((await ok(["delete", "-f", "-"], manifests(50))).match(/ deleted/g)?.length, 4);
  await api.client.create(CONFIG_MAP, { ...configMap("gone"), metadata: { name: "gone", namespace: "default", labels: { drop: "yes" } } });
  assert.match(await ok(["delete", "cm", "-l", "drop=yes"]), /configmap "gone" deleted/);
  await ok(["apply", "-f", "-"], "apiVersion: v1\nkind: Namespace\nmetadata: {name: brief}\n");
  await api.client.create(SERVICE, service("inside", {}, "brief"));
  await ok(["delete", "namespace", "brief", "--timeout=10s"]);
  assert.equal((await api.client.list(SERVICE, { namespace: "brief" })).items.length, 0);
  assert.match((await kubectl(["delete", "wl", "absent"])).err, /NotFound/);
});

test("a directory of manifests for a cluster applies whole", { skip }, async () => {
  const folder = join(home, "manifests");
  spawnSync("mkdir", [folder]);
  writeFileSync(
    join(folder, "app.yaml"),
    `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec: {selector: {matchLabels: {app: app}}, template: {metadata: {labels: {app: app}}, spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: app}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "app:reader"}
rules: []
`,
  );
  assert.equal((await ok(["apply", "-f", folder])).match(/ created$/gm)?.length, 3);
  assert.match(await ok(["get", "deploy"]), /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\napp +0\/1 /);
});
