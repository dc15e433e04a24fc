import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { kindRef } from "../../../src/install/kind-refs.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { type CliResult, runCli } from "../../support/cli.ts";
import { clusterKindsOfTests } from "../../support/cluster-kinds.ts";
import { playCluster } from "../../support/play-cluster.ts";

/** The embedded API as the cluster, with somebody who plays kubelet and controller. */
let api: TestApi;
let cluster: ReturnType<typeof playCluster>;
before(async () => {
  api = await startApi({ kinds: clusterKindsOfTests() });
  const system = { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } };
  await api.client.apply(kindRef("Namespace"), system, { fieldManager: "cluster" });
  cluster = playCluster(api.client);
});
after(async () => {
  await cluster.stop();
  await api.close();
});

const meshctl = (argv: readonly string[]): Promise<CliResult> => runCli([...argv, "--kubeconfig", api.kubeconfig]);

async function ok(...argv: string[]): Promise<CliResult> {
  const result = await meshctl(argv);
  assert.equal(result.code, 0, `${argv.join(" ")}\n${result.stdout}\n${result.stderr}`);
  return result;
}

const get = (kind: string, name: string, namespace?: string): Promise<KubeObject> => api.client.get(kindRef(kind), name, namespace);
const controller = () => get("Deployment", "meshctl-controller", "meshctl-system");

describe("install, upgrade, roll back, a revision beside, uninstall", () => {
  it("install names what is not ready, and why, and the same command goes on from there", async () => {
    cluster.pods = "broken";
    const { code, stderr } = await meshctl(["install", "--set", "tap.apiService=false", "--timeout", "2s"]);
    assert.equal(code, 1);
    assert.match(stderr, /^\+ Namespace|^\+ Deployment meshctl-system\/meshctl-controller$/m);
    assert.match(stderr, /not ready after 2 s:\n {2}Deployment meshctl-system\/meshctl-controller: 0 of 2 pods are ready/);
    assert.match(stderr, /pod meshctl-controller-0: container controller: ImagePullBackOff: no such image/);
    cluster.pods = "ready";
    const again = await ok("install", "--set", "tap.apiService=false", "--timeout", "60s", "--yes");
    assert.match(again.stdout, /√ installed: meshctl/);
    assert.match(again.stderr, /waiting: /);
  });

  it("to install again changes nothing", async () => {
    const revision = api.store.revision;
    const { stdout } = await ok("install", "--set", "tap.apiService=false");
    assert.match(stdout, /already installed/);
    assert.equal(api.store.revision, revision, "no write at all");
  });

  it("other values are the business of upgrade, which shows both diffs", async () => {
    const refused = await meshctl(["install", "--set", "controller.replicas=3"]);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /meshctl upgrade --dry-run/);
    const revision = api.store.revision;
    const { stdout } = await ok("upgrade", "--set", "controller.replicas=3", "--set", "disruptionBudget.enabled=false", "--dry-run");
    assert.match(stdout, /--- values\n@@[^]*-  replicas: 2\n\+  replicas: 3/);
    assert.match(stdout, /--- Deployment meshctl-system\/meshctl-controller\n@@[^]*-  replicas: 2\n\+  replicas: 3/);
    assert.match(stdout, /^- PodDisruptionBudget meshctl-system\/meshctl-controller$/m);
    assert.equal(api.store.revision, revision, "a dry run writes nothing");
  });

  it("upgrade keeps the values of before, prunes, and is done once", async () => {
    await ok("upgrade", "--set", "controller.replicas=3", "--set", "disruptionBudget.enabled=false", "--timeout", "60s", "-y");
    assert.equal(((await controller()).spec as { replicas: number }).replicas, 3);
    await assert.rejects(get("PodDisruptionBudget", "meshctl-controller", "meshctl-system"), /not found/);
    await assert.rejects(get("APIService", "v1alpha1.tap.meshctl.dev"), /not found/);
    assert.match((await ok("upgrade")).stdout, /nothing to do/);
  });

  it("a field that somebody else has set is not overwritten", async () => {
    const live = await controller();
    await api.client.apply(
      kindRef("Deployment"),
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: live.metadata.name, namespace: live.metadata.namespace },
        spec: { replicas: 7 },
      },
      { fieldManager: "somebody", force: true },
    );
    const { code, stderr } = await meshctl(["upgrade", "--set", "controller.replicas=4"]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /somebody/);
    await ok("upgrade", "--set", "controller.replicas=4", "--force-conflicts", "--timeout", "60s");
    assert.equal(((await controller()).spec as { replicas: number }).replicas, 4);
  });

  it("--to-revision goes back to a release as it was; --reset-values forgets", async () => {
    const { stdout } = await ok("upgrade", "--to-revision", "2", "--force-conflicts", "--timeout", "60s");
    assert.match(stdout, /√ upgraded/);
    assert.equal(((await controller()).spec as { replicas: number }).replicas, 2);
    assert.ok(await get("PodDisruptionBudget", "meshctl-controller", "meshctl-system"));
    const unknown = await meshctl(["upgrade", "--to-revision", "99"]);
    assert.match(unknown.stderr, /there is no release 99\n {2}There is: /);
    assert.match((await ok("upgrade", "--reset-values", "--dry-run")).stdout, /-  apiService: false\n\+  apiService: true/);
  });

  it("releases are noted in the cluster, without keys", async () => {
    const name = "meshctl-release-default.v4";
    const record = (await get("ConfigMap", name, "meshctl-system")) as KubeObject & { data: Record<string, string> };
    const head = JSON.parse(record.data["release.json"] ?? "") as Record<string, unknown>;
    assert.equal(head.state, "deployed");
    assert.doesNotMatch(JSON.stringify(record.data), /PRIVATE KEY/);
  });

  it("a revision stands beside, gets a tag, becomes the default, and the old one goes", async () => {
    await ok("upgrade", "--revision", "canary", "--timeout", "60s");
    assert.ok(await get("Deployment", "meshctl-controller-canary", "meshctl-system"));
    await ok("revision", "tag", "stable", "--to", "canary", "--timeout", "60s");
    const rows = JSON.parse((await ok("revision", "list", "-o", "json")).stdout) as {
      revision: string;
      isDefault: boolean;
      tags: string[];
    }[];
    assert.deepEqual(
      rows.map(({ revision, isDefault, tags }) => [revision, isDefault, tags.join()]),
      [
        ["canary", false, "stable"],
        ["default", true, ""],
      ],
    );
    const early = await meshctl(["revision", "remove", "default"]);
    assert.equal(early.code, 4);
    await ok("revision", "promote", "canary", "--timeout", "60s", "--yes");
    assert.match(
      JSON.stringify((await get("MutatingWebhookConfiguration", "meshctl-inject")).webhooks),
      /"name":"meshctl-controller-canary"/,
    );
    const tagged = await meshctl(["revision", "remove", "canary"]);
    assert.equal(tagged.code, 4);
    await ok("revision", "remove", "default", "--force", "-y");
    await assert.rejects(controller(), /not found/);
    assert.ok(await get("MutatingWebhookConfiguration", "meshctl-inject"), "what was promoted stays");
    assert.ok(await get("ServiceAccount", "meshctl-controller", "meshctl-system"), "what all share stays");
    await ok("revision", "tag", "stable", "--remove");
    assert.match((await ok("revision", "list")).stdout, /^REVISION .*\ncanary .* yes +- +0$/m);
  });

  it("uninstall refuses while pods have sidecars; it leaves definitions, and --purge leaves nothing", async () => {
    const pod = { name: "web-1", namespace: "default", labels: { "meshctl.dev/injected": "canary" } };
    await api.client.create(kindRef("Pod"), { apiVersion: "v1", kind: "Pod", metadata: pod, spec: { containers: [] } } as KubeObject);
    const refused = await meshctl(["uninstall"]);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /a pod still has a sidecar: default\/web-1/);
    const revision = api.store.revision;
    assert.match(
      (await meshctl(["uninstall", "--dry-run", "--force"])).stdout,
      /would remove: Deployment meshctl-system\/meshctl-controller-canary/,
    );
    assert.equal(api.store.revision, revision);
    const { stdout, stderr } = await ok("uninstall", "--force", "--yes");
    assert.match(stdout, /definitions, the CA's Secret and the namespace stay/);
    assert.ok(stderr.indexOf("deleted MutatingWebhook") < stderr.indexOf("deleted Deployment"), "what is asked goes before what answers");
    assert.ok(await get("CustomResourceDefinition", "faultinjections.meshctl.dev"));
    await ok("uninstall", "--purge", "--force");
    await assert.rejects(get("CustomResourceDefinition", "faultinjections.meshctl.dev"), /not found/);
    assert.match((await ok("uninstall")).stdout, /nothing is installed/);
  });
});

describe("which cluster", () => {
  it("none is an error with the next step", async () => {
    const { code, stderr } = await runCli(["install"], { env: { KUBECONFIG: "/nonexistent/config" } });
    assert.equal(code, 3);
    assert.match(stderr, /there is no kubeconfig[^]*--local/);
  });

  it("a credential plug-in is run, with the environment of its own", async () => {
    const config = JSON.parse((await import("node:fs")).readFileSync(api.kubeconfig, "utf8")) as { users: object[] };
    const answer = JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: api.token } });
    const script = `process.stdout.write(process.env.GIVE)`;
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", script],
      env: [{ name: "GIVE", value: answer }],
    };
    const path = join(api.directory, "exec.kubeconfig");
    writeFileSync(path, JSON.stringify({ ...config, users: [{ name: "test", user: { exec } }] }));
    const { code, stderr } = await runCli(["revision", "list", "--kubeconfig", path]);
    assert.equal(code, 0, stderr);
    exec.args = ["-e", "process.stderr.write('no ticket'); process.exit(3)"];
    writeFileSync(path, JSON.stringify({ ...config, users: [{ name: "test", user: { exec } }] }));
    const failed = await runCli(["revision", "list", "--kubeconfig", path]);
    assert.match(failed.stderr, /credential plug-in .* failed: no ticket/);
  });

  it("a kubeconfig that is not there is named by every command", async () => {
    writeFileSync(join(api.directory, "values.yaml"), "controller: {replicas: 2}\n");
    const nowhere = ["--kubeconfig", "/nonexistent/config"];
    for (const argv of [
      ["install", "--force-conflicts", "--timeout", "1s", "--yes", ...nowhere],
      ["upgrade", "--profile", "ha", "--values", join(api.directory, "values.yaml"), ...nowhere],
      ["uninstall", ...nowhere],
      ["revision", "list", ...nowhere],
      ["revision", "tag", "stable", "--to", "default", "--timeout", "1s", ...nowhere],
      ["revision", "promote", "canary", "--timeout", "1s", "--yes", ...nowhere],
      ["revision", "remove", "canary", ...nowhere],
    ]) {
      const { code, stderr } = await runCli(argv);
      assert.equal(code, 3, argv.join(" "));
      assert.match(stderr, /the kubeconfig cannot be read: .*\/nonexistent\/config/);
    }
  });
});
