import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../../support/api.ts";
import { crontab, crontabs } from "./definitions.ts";

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

/** The real kubectl with a cache of its own: all it printed, and its exit code. */
function kubectl(args: readonly string[], input = ""): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      "kubectl",
      ["--kubeconfig", api.kubeconfig, "--cache-dir", join(home, "cache"), ...args],
      { env: { PATH: process.env.PATH, HOME: home } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: out + err }),
    );
    child.stdin?.end(input);
  });
}

async function ok(args: readonly string[], input = ""): Promise<string> {
  const { code, text } = await kubectl(args, input);
  assert.equal(code, 0, `kubectl ${args.join(" ")}: ${text}`);
  return text;
}

test("a definition, its objects, their table, explanation and scale", { skip }, async () => {
  await ok(["apply", "-f", "-"], JSON.stringify(crontabs()));
  await ok(["wait", "--for=condition=Established", "crd/crontabs.stable.example.com", "--timeout=20s"]);
  await ok(["apply", "-f", "-"], JSON.stringify(crontab("mine")));
  assert.match(await ok(["get", "ct"]), /NAME +SPEC +REPLICAS +AGE\nmine +\* \* \* \* \*\/5 +1 /);
  assert.match(await ok(["get", "crd"]), /NAME +CREATED AT\ncrontabs\.stable\.example\.com +20/);
  assert.match(await ok(["explain", "crontab.spec.replicas"]), /FIELD: replicas <integer>/);
  await ok(["scale", "ct/mine", "--replicas=3"]);
  assert.equal(await ok(["get", "ct", "mine", "-o", "jsonpath={.spec.replicas}"]), "3");
  const bad = await kubectl(["apply", "-f", "-"], JSON.stringify(crontab("bad", { replicas: 99 })));
  assert.equal(bad.code, 1);
  assert.match(
    bad.text,
    /The CronTab "bad" is invalid: spec\.replicas: Invalid value: 99: spec\.replicas in body should be less than or equal to 10/,
  );
});

test("who am I, what may I, what may others, and tokens", { skip }, async () => {
  assert.match(await ok(["auth", "whoami"]), /Username +test/);
  assert.match(await ok(["auth", "can-i", "create", "pods"]), /^yes/);
  await ok(["create", "serviceaccount", "robot", "--dry-run=client", "-o", "yaml"]);
  await ok(["apply", "-f", "-"], "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n");
  const as = ["--as", "system:serviceaccount:default:robot"];
  assert.match((await kubectl(["auth", "can-i", "list", "configmaps", ...as])).text, /^no/);
  const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: robot-reads}
subjects: [{kind: ServiceAccount, name: robot, namespace: default}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
`;
  await ok(["apply", "-f", "-"], role);
  assert.match(await ok(["auth", "can-i", "list", "configmaps", ...as]), /^yes/);
  assert.match(await ok(["auth", "can-i", "--list", ...as]), /configmaps +\[\] +\[\] +\[get list\]/);
  assert.match(await ok(["get", "rolebindings"]), /NAME +ROLE +AGE\nrobot-reads +Role\/reads +\d/);
  assert.match(await ok(["create", "token", "robot", "--duration", "20m"]), /^[\w-]+\.[\w-]+\.[\w-]+\s*$/);
});
