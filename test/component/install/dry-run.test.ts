import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/model/object.ts";
import { startApi, type TestApi } from "../../support/api.ts";
import { runCli } from "../../support/cli.ts";
import { clusterKindsOfTests } from "../../support/cluster-kinds.ts";

const noKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0 ? false : "kubectl is not installed";
const directory = mkdtempSync(join(tmpdir(), "meshctl-install-"));
after(() => rmSync(directory, { recursive: true, force: true }));

async function printed(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(argv, { cwd: directory });
  assert.equal(code, 0, stderr);
  return stdout;
}

function objectsOf(text: string): KubeObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

describe("meshctl install --dry-run", () => {
  it("prints the same bytes each time, as YAML and as a List", async () => {
    const text = await printed("install", "--dry-run", "-o", "yaml");
    assert.equal(await printed("install", "--dry-run"), text);
    const list = JSON.parse(await printed("install", "--dry-run", "--output", "json")) as { kind: string; items: KubeObject[] };
    assert.equal(list.kind, "List");
    assert.deepEqual(list.items, objectsOf(text));
  });

  it("--crds-only prints definitions and nothing else", async () => {
    const kinds = new Set(objectsOf(await printed("install", "--crds-only", "--dry-run")).map(({ kind }) => kind));
    assert.deepEqual([...kinds], ["CustomResourceDefinition"]);
  });

  it("takes a profile, files and --set, in that order", async () => {
    writeFileSync(join(directory, "values.yaml"), "controller:\n  replicas: 5\n  logLevel: debug\n");
    writeFileSync(join(directory, "more.yaml"), "controller: {logLevel: warn}\n");
    const text = await printed(
      "install",
      "--dry-run",
      "--profile",
      "demo",
      "--values",
      "values.yaml",
      "-f",
      "more.yaml",
      "--set",
      "controller.replicas=7",
    );
    const deployment = objectsOf(text).find(({ kind }) => kind === "Deployment");
    assert.match(JSON.stringify(deployment?.spec), /"replicas":7/);
    assert.match(JSON.stringify(deployment), /"MESHCTL_LOG_LEVEL","value":"warn"/);
    assert.match(text, /samplingPercent: 100/);
  });

  it("--revision makes a control plane beside the others", async () => {
    const names = objectsOf(await printed("install", "--dry-run", "--revision", "canary"))
      .filter(({ kind }) => kind === "Deployment" || kind === "Service")
      .map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ["meshctl-controller-canary", "meshctl-controller-canary"]);
  });

  it("--print-values is a file that --values takes", async () => {
    const values = await printed("install", "--print-values", "--profile", "ha");
    writeFileSync(join(directory, "ha.yaml"), values);
    assert.equal(await printed("install", "--dry-run", "--values", "ha.yaml"), await printed("install", "--dry-run", "--profile", "ha"));
    assert.match(values, /# Let a HorizontalPodAutoscaler choose the number of pods\.\n {2}enabled: true/);
  });
});

describe("what cannot be meant is a sentence, with the exit code of a wrong command line", () => {
  const cases: readonly [string, string[], RegExp][] = [
    ["an unknown value", ["--set", "controler.replicas=3"], /controler: unknown field \(did you mean "controller"\?\)/],
    ["a value of the wrong type", ["--set", "controller.replicas=many"], /controller\.replicas: must be a number, not a string/],
    ["no assignment", ["--set", "controller"], /--set: "controller" is not of the form PATH=VALUE/],
    ["an unknown profile", ["--profile", "huge"], /Allowed choices are default, ha, demo/],
    ["a bad revision", ["--revision", "Canary_1"], /"Canary_1" is not a name for a revision/],
    ["half a CA", ["--ca-cert", "ca.pem"], /--ca-cert and --ca-key belong together/],
  ];
  for (const [words, argv, expected] of cases) {
    it(words, async () => {
      const { code, stdout, stderr } = await runCli(["install", "--dry-run", ...argv], { cwd: directory });
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, expected);
    });
  }
  it("a file that is no mapping, or no YAML", async () => {
    for (const [text, expected] of [
      ["- one\n", /bad\.yaml: a file of values is a mapping/],
      ["a: [1\n", /bad\.yaml: /],
    ] as const) {
      writeFileSync(join(directory, "bad.yaml"), text);
      const { code, stderr } = await runCli(["install", "--dry-run", "--values", "bad.yaml"], { cwd: directory });
      assert.equal(code, 1);
      assert.match(stderr, expected);
    }
  });
});

describe("a CA of one's own", () => {
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  before(() => {
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key");
    openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      "ca.key",
      "-subj",
      "/CN=own",
      "-days",
      "30",
      "-addext",
      "basicConstraints=critical,CA:TRUE",
      "-out",
      "ca.pem",
    );
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key");
    openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      "other.key",
      "-subj",
      "/CN=leaf",
      "-days",
      "30",
      "-addext",
      "basicConstraints=critical,CA:FALSE",
      "-out",
      "leaf.pem",
    );
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.key", "-subj", "/CN=rsa", "-days", "30", "-out", "rsa.pem");
  });

  it("stands in a Secret, and the key is pointed out", async () => {
    const { code, stdout, stderr } = await runCli(["install", "--dry-run", "--ca-cert", "ca.pem", "--ca-key", "ca.key"], {
      cwd: directory,
    });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /private key of the CA is in what was printed/);
    const secret = objectsOf(stdout).find(({ kind }) => kind === "Secret") as KubeObject & { data: Record<string, string> };
    assert.equal(Buffer.from(secret.data["tls.crt"] ?? "", "base64").toString(), readFileSync(join(directory, "ca.pem"), "utf8"));
    assert.equal(Buffer.from(secret.data["tls.key"] ?? "", "base64").toString(), readFileSync(join(directory, "ca.key"), "utf8"));
  });

  for (const [words, cert, key, expected] of [
    ["a key of another certificate", "ca.pem", "other.key", /--ca-key is not the key of --ca-cert/],
    ["a certificate that is no CA's", "leaf.pem", "other.key", /--ca-cert is not of a CA/],
    ["an RSA key", "rsa.pem", "rsa.key", /--ca-key must be an ECDSA key on P-256/],
    ["no certificate", "ca.key", "ca.key", /--ca-cert is no certificate in PEM/],
    ["no key", "ca.pem", "ca.pem", /--ca-key is no private key in PEM/],
    ["no file", "ca.pem", "nowhere", /nowhere cannot be read/],
  ] as const) {
    it(`refuses ${words}`, async () => {
      const { code, stdout, stderr } = await runCli(["install", "--dry-run", "--ca-cert", cert, "--ca-key", key], { cwd: directory });
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /PRIVATE KEY-----/);
    });
  }
});

describe("the real kubectl", { skip: noKubectl }, () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ kinds: clusterKindsOfTests() });
  });
  after(() => api.close());

  function kubectl(...args: string[]): Promise<string> {
    const all = ["--kubeconfig", api.kubeconfig, "--cache-dir", join(directory, "cache"), ...args];
    return new Promise((resolve, reject) => {
      execFile("kubectl", all, { cwd: directory, env: { PATH: process.env.PATH, HOME: directory } }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`kubectl ${args.join(" ")}: ${stderr}`));
      });
    });
  }

  for (const profile of ["default", "ha", "demo"]) {
    it(`kustomizes and dry-runs ${profile}`, async () => {
      const text = await printed("install", "--dry-run", "--profile", profile, "--set", "monitoring.podMonitor.enabled=true");
      const count = objectsOf(text).length;
      writeFileSync(join(directory, "mesh.yaml"), text);
      writeFileSync(join(directory, "kustomization.yaml"), "resources: [mesh.yaml]\nlabels: [{pairs: {team: platform}}]\n");
      const built = objectsOf(await kubectl("kustomize", "."));
      assert.equal(built.length, count);
      assert.ok(built.every(({ metadata }) => metadata.labels?.team === "platform"));
    });
  }

  it("apply --dry-run=client takes every object", async () => {
    const text = await printed("install", "--dry-run", "--profile", "ha", "--set", "monitoring.serviceMonitor.enabled=true");
    writeFileSync(join(directory, "ha.yaml"), text);
    // kubectl asks the server which kinds there are, and what is there already; the objects stay here.
    const said = await kubectl("apply", "--dry-run=client", "--validate=false", "-f", "ha.yaml");
    assert.equal((said.match(/ (created|configured) \(dry run\)$/gm) ?? []).length, objectsOf(text).length, said);
  });
});
