import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { formatExecCredential, formatKubeconfig } from "../../../src/kube/kubeconfig.ts";

test("a kubeconfig names the program that has the credential, and holds none itself", () => {
  const text = formatKubeconfig({
    name: "local",
    server: "https://127.0.0.1:15014",
    caPem: "-----BEGIN CERTIFICATE-----\n",
    namespace: "default",
    command: "/opt/node",
    args: ["/opt/meshctl.js", "credential"],
    env: { MESHCTL_HOME: "/tmp/x y" },
  });
  const config = parse(text) as Record<string, unknown>;
  assert.deepEqual(config["current-context"], "local");
  const [user] = config.users as { name: string; user: { exec: Record<string, unknown> } }[];
  assert.deepEqual(user?.user.exec.args, ["/opt/meshctl.js", "credential"]);
  assert.deepEqual(user?.user.exec.env, [{ name: "MESHCTL_HOME", value: "/tmp/x y" }]);
  const [cluster] = config.clusters as { cluster: Record<string, string> }[];
  assert.equal(Buffer.from(cluster?.cluster["certificate-authority-data"] ?? "", "base64").toString(), "-----BEGIN CERTIFICATE-----\n");
  assert.doesNotMatch(text, /token/);
});

test("an exec credential is what kubectl expects", () => {
  assert.deepEqual(JSON.parse(formatExecCredential("t", "2030-01-01T00:00:00Z")), {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "t", expirationTimestamp: "2030-01-01T00:00:00Z" },
  });
});
