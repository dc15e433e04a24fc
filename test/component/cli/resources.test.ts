import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";

const service = (name: string, port = 80, namespace?: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n${namespace ? `  namespace: ${namespace}\n` : ""}  labels: {app: ${name}}\nspec:\n  ports:\n    - port: ${port}\n      appProtocol: http\n`;
const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;
const fault = (name: string, target: string): string =>
  `apiVersion: meshctl.dev/v1alpha1\nkind: FaultInjection\nmetadata:\n  name: ${name}\nspec:\n  targetRefs: [{group: "", kind: Service, name: ${target}}]\n  rules: [{abort: {httpStatus: 503}}]\n`;

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
});
after(() => mesh.close());

/** Exit code 0 and this on stdout. */
async function prints(argv: readonly string[], expected: RegExp | string, stdin = ""): Promise<string> {
  const { code, stdout, stderr } = await mesh.cli(argv, { stdin });
  assert.equal(code, 0, stdout + stderr);
  if (typeof expected === "string") assert.equal(stdout, expected);
  else assert.match(stdout, expected);
  return stdout;
}

/** That exit code and this on stderr; nothing on stdout. */
async function refuses(argv: readonly string[], exitCode: number, expected: RegExp, stdin = ""): Promise<void> {
  const { code, stdout, stderr } = await mesh.cli(argv, { stdin });
  assert.match(stderr, expected);
  assert.equal(code, exitCode, stderr);
  assert.equal(stdout, "");
  assert.doesNotMatch(stderr, /\n {4}at /, "no stack trace");
}

describe("apply", () => {
  it("creates, leaves alone, changes, and takes out what the file no longer says", async () => {
    await prints(["apply", "-f", "-"], "service/a1 created\n", service("a1"));
    await prints(["apply", "-f", "-"], "service/a1 unchanged\n", service("a1"));
    await prints(["apply", "-f", "-", "--dry-run"], "service/a1 configured (dry run)\n", service("a1", 81));
    await prints(["get", "svc", "a1", "-o", "yaml"], /port: 80\n/);
    await prints(["apply", "-f", "-"], "service/a1 configured\n", service("a1", 81).replace("  labels: {app: a1}\n", ""));
    const text = await prints(["get", "svc", "a1", "-o", "yaml"], /port: 81\n/);
    assert.doesNotMatch(text.replaceAll(/last-applied.*/g, ""), /labels/);
  });

  it("keeps what others have set", async () => {
    await prints(["apply", "-f", "-"], /created/, service("a2"));
    const kind = { group: "", version: "v1", kind: "Service", plural: "services", namespaced: true };
    await mesh.client.patch(kind, "a2", "default", { metadata: { annotations: { mine: "yes" } } });
    await prints(["apply", "-f", "-"], /configured/, service("a2", 82));
    await prints(["get", "svc", "a2", "-o", "json"], /"mine": "yes"/);
  });

  it("reads files, directories and stdin together, namespaces first", async () => {
    const directory = join(mesh.home, "manifests");
    mkdirSync(join(directory, "deep"), { recursive: true });
    writeFileSync(join(directory, "a.yaml"), `${service("b1", 80, "fresh")}---\n${namespace("fresh")}`);
    writeFileSync(
      join(directory, "deep/b.json"),
      JSON.stringify({ apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "deep" } }] }),
    );
    const applied = "namespace/fresh created\nnamespace/deep created\nnamespace/three created\nservice/b1 created\n";
    await prints(["apply", "-R", "-f", directory, "-f", "-"], applied, namespace("three"));
  });

  it("writes nothing when one document is wrong, and names file, line and column of every problem", async () => {
    const file = join(mesh.home, "wrong.yaml");
    writeFileSync(
      file,
      `${service("c1")}---\n${service("c2").replace("port: 80", "prot: 80")}---\n${service("c3").replace("Service", "Servce")}`,
    );
    const { code, stdout, stderr } = await mesh.cli(["apply", "-f", file]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^Error: 2 problems; nothing was applied:\n/);
    assert.match(stderr, new RegExp(`  ${file}:18:7: spec.ports\\[0\\].prot: unknown field\n +did you mean "port"\\?`));
    assert.match(stderr, new RegExp(`  ${file}:22:1: kind: there is no kind Servce in v1`));
    await refuses(["get", "svc", "c1"], 1, /c1.*not found/);
  });

  it("writes nothing when the server refuses one document", async () => {
    await refuses(
      ["apply", "-f", "-"],
      1,
      /1 problem; nothing was applied:\n {2}-:14:3: .*nowhere/,
      `${service("d1")}---\n${service("d2", 80, "nowhere")}`,
    );
    await refuses(["get", "svc", "d1"], 1, /not found/);
  });

  const bad: [string, string, RegExp][] = [
    ["nothing at all", "", /no objects in -/],
    ["text that is no YAML", "a: [1,", /-:1:7: not valid YAML/],
    ["a zero byte", "a\u0000b", /not a text file/],
    ["5 MB", `x: ${"a".repeat(5_000_000)}`, /too large for a manifest/],
    ["a name twice", `${service("e1")}---\n${service("e1")}`, /stands there twice\n +first at -:4:3/],
    ["an unknown version", service("e1").replace("v1", "v9"), /Service is not of v9\n +write apiVersion: v1/],
  ];
  for (const [name, text, expected] of bad) it(`refuses ${name}`, () => refuses(["apply", "-f", "-"], 1, expected, text));

  it("refuses a missing file and no file", async () => {
    await refuses(["apply", "-f", "nowhere.yaml"], 1, /nowhere\.yaml does not exist/);
    await refuses(["apply"], 2, /nothing to read/);
  });

  it("warns where two policies stand on one target", async () => {
    const { code, stderr } = await mesh.cli(["apply", "-f", "-"], { stdin: `${service("f1")}---\n${fault("first", "f1")}` });
    assert.equal(code, 0);
    assert.equal(stderr, "");
    const second = await mesh.cli(["apply", "-f", "-"], { stdin: fault("second", "f1") });
    assert.match(
      second.stderr,
      /Warning: several FaultInjection objects stand on one target; default\/first is the oldest and acts, default\/second does not/,
    );
    await prints(["delete", "faultinjections", "first", "second"], /deleted/);
  });

  it("prints what became of it", async () => {
    await prints(["apply", "-f", "-", "-o", "name"], "service/g1\n", service("g1"));
    await prints(["apply", "-f", "-", "-o", "yaml"], /resourceVersion:/, service("g1"));
    await prints(["apply", "-f", "-", "-o", "json"], /"kind": "List"/, `${service("g1")}---\n${service("g2")}`);
  });
});

describe("diff", () => {
  it("is silent with exit code 0 where nothing would change", async () => {
    await prints(["apply", "-f", "-"], /created/, service("h1"));
    await prints(["diff", "-f", "-"], "", service("h1"));
  });
  it("shows what would change, with exit code 1, and changes nothing", async () => {
    const { code, stdout } = await mesh.cli(["diff", "-f", "-"], { stdin: `${service("h1", 8080)}---\n${service("h2")}` });
    assert.equal(code, 1);
    assert.match(stdout, /^--- live\/service\/h1\n\+\+\+ -\/service\/h1\n@@ .* @@\n/);
    assert.match(stdout, /\n- {5}port: 80\n\+ {5}port: 8080\n|\n- +- port: 80|\n-.*port: 80\n\+.*port: 8080\n/);
    assert.match(stdout, /--- \/dev\/null\n\+\+\+ -\/service\/h2/);
    await prints(["get", "svc", "h1", "-o", "yaml"], /port: 80\n/);
  });
});

describe("get", () => {
  before(async () => {
    await prints(["apply", "-f", "-"], /created/, `${namespace("shop")}---\n${service("i1", 80, "shop")}---\n${service("i2", 80, "shop")}`);
  });

  it("shows kubectl's table", async () => {
    await prints(["get", "services", "-n", "shop"], /^NAME +TYPE +CLUSTER-IP +PORTS +AGE\ni1 +ClusterIP +\S+ +80 +\d+s\ni2 /);
    await prints(["get", "svc", "-n", "shop", "--no-headers", "--show-labels"], /^i1 .* app=i1\ni2/);
    await prints(["get", "svc", "-A"], /^NAMESPACE +NAME .*\n(.*\n)*shop +i1 /);
    await prints(["get", "svc", "-n", "shop", "-o", "wide"], /^NAME .* PROTOCOL +SELECTOR +AGE\ni1 .* http /);
  });

  it("takes names, slashes, several kinds, labels and fields", async () => {
    await prints(["get", "svc/i1", "ns/shop", "-n", "shop", "-o", "name"], "service/i1\nnamespace/shop\n");
    await prints(["get", "ns,svc", "-n", "shop", "-l", "app=i2"], /service\/i2/);
    await prints(["get", "svc", "-n", "shop", "-l", "app!=i2", "-o", "name"], "service/i1\n");
    await prints(["get", "svc", "-n", "shop", "--field-selector", "metadata.name=i2", "-o", "name"], "service/i2\n");
    await prints(["get", "services", "i1", "i2", "-n", "shop", "-o", "json"], /"kind": "List"/);
    await prints(["get", "svc", "nothing", "--ignore-not-found"], "");
  });

  it("says when there is nothing", async () => {
    const { code, stdout, stderr } = await mesh.cli(["get", "workloads", "-n", "shop"]);
    assert.deepEqual([code, stdout, stderr], [0, "", "No resources found in namespace shop.\n"]);
    await prints(["get", "workloads", "-o", "json"], /"items": \[\]/);
  });

  it("refuses what makes no sense", async () => {
    await refuses(["get", "servces"], 1, /no kind "servces"\n +Did you mean services\?/);
    await refuses(["get", "svc", "nothing"], 1, /"?nothing"?.*not found/);
    await refuses(["get", "svc", "i1", "-A"], 2, /names exclude .*--all-namespaces/);
    await refuses(["get", "svc", "i1", "-l", "a=b"], 2, /names exclude .*selectors/);
    await refuses(["get", "svc,ns", "i1"], 2, /names of several kinds/);
    await refuses(["get", "svc/i1", "ns"], 2, /KIND\/NAME/);
    await refuses(["get", "svc,ns", "-w"], 2, /one kind/);
    await refuses(["get", "svc", "-l", "a in (b"], 1, /selector/i);
    await refuses(["get"], 2, /get what\?\n +Name a kind/);
    await refuses(["get", "svc", "-o", "xml"], 2, /no output format "xml"/);
  });

  it("goes on with changes until Ctrl-C, and ends with 0", async () => {
    let step = 0;
    const change = async (): Promise<void> => {
      await mesh.cli(["apply", "-f", "-"], { stdin: service("i1", 81, "shop") });
      await mesh.cli(["delete", "svc", "i2", "-n", "shop"]);
    };
    const { code, stdout } = await mesh.cli(["get", "svc", "-n", "shop", "-w"], {
      onOutput(text, interrupt) {
        if (step === 0 && text.includes("i2 ")) {
          step = 1;
          void change();
        } else if (step === 1 && text.split("\n").filter((line) => line.startsWith("i2 ")).length === 2) {
          step = 2;
          interrupt("SIGINT");
        }
      },
    });
    assert.equal(code, 0);
    assert.match(stdout, /^NAME .*\ni1 .* 80 .*\ni2 .*\ni1 .* 81 .*\ni2 .*\n$/);
  });

  it("passes over changes that no row shows", async () => {
    const spec = { workload: "quiet", serviceAccount: "quiet" };
    const made = { apiVersion: "meshctl.dev/v1alpha1", kind: "Workload", metadata: { name: "quiet", namespace: "shop" }, spec };
    await mesh.cli(["apply", "-f", "-"], { stdin: JSON.stringify(made) });
    const kind = { group: "meshctl.dev", version: "v1alpha1", kind: "Workload", plural: "workloads", namespaced: true };
    const renew = (renewTime: string, phase: string) =>
      mesh.client.patch(kind, "quiet", "shop", { status: { renewTime, phase } }, { subresource: "status" });
    let step = 0;
    const { code, stdout } = await mesh.cli(["get", "workloads", "-n", "shop", "-w"], {
      onOutput(text, interrupt) {
        if (step === 0 && text.includes("quiet ")) {
          step = 1;
          void (async () => {
            await renew("2026-01-01T00:00:01Z", "Running");
            for (const second of [2, 3, 4]) await renew(`2026-01-01T00:00:0${second}Z`, "Running");
            await renew("2026-01-01T00:00:05Z", "Lost");
          })();
        } else if (step === 1 && text.includes("Lost")) {
          step = 2;
          interrupt("SIGINT");
        }
      },
    });
    assert.equal(code, 0);
    assert.match(stdout, /^NAME .*\nquiet .*\nquiet +Running .*\nquiet +Lost .*\n$/);
  });
});

describe("describe", () => {
  it("shows a service with its routes, policies and endpoints", async () => {
    await prints(["apply", "-f", "-"], /created/, `${service("j1")}---\n${fault("j-fault", "j1")}`);
    const text = await prints(["describe", "service", "j1"], /^Name: +j1\nNamespace: +default\nLabels: +app=j1\n/);
    assert.match(text, /Spec:\n(.*\n)* {2}Ports:\n {4}- /);
    assert.match(text, /Routes and policies:\n {2}FaultInjection default\/j-fault\nEndpoints:\n {2}<none>\nEvents: +<none>\n$/);
    await prints(["describe", "svc", "-l", "app=j1", "-A"], /^Name: +j1/);
    await prints(["describe", "faultinjection/j-fault"], /Rules:\n {4}- Abort:/);
  });
});

describe("delete", () => {
  it("deletes by name, by label, by file, and says so", async () => {
    const all = ["k1", "k2", "k3", "k4"].map((name) => service(name)).join("---\n");
    await prints(["apply", "-f", "-"], /created/, all);
    await prints(["delete", "svc", "k1", "--dry-run"], 'service "k1" deleted (dry run)\n');
    await prints(["delete", "svc/k1"], 'service "k1" deleted\n');
    await prints(["delete", "svc", "-l", "app=k2", "-o", "name"], "service/k2\n");
    await prints(["delete", "-f", "-", "--ignore-not-found"], 'service "k4" deleted\nservice "k3" deleted\n', all);
    await refuses(["delete", "-f", "-"], 1, /not found/, service("k1"));
    await prints(["apply", "-f", "-"], /created/, fault("k5", "k5"));
    await prints(["delete", "faultinjections", "--all", "-A"], /"k5" deleted\n$/);
  });
  it("looks into directories of directories", async () => {
    const directory = join(mesh.home, "doomed");
    mkdirSync(join(directory, "deep"), { recursive: true });
    writeFileSync(join(directory, "deep/a.yaml"), service("k6"));
    assert.equal((await mesh.cli(["diff", "-R", "-f", directory])).code, 1);
    await prints(["apply", "-R", "-f", directory], /created/);
    await prints(["diff", "--recursive", "-f", directory], "");
    await prints(["delete", "-R", "-f", directory], 'service "k6" deleted\n');
  });
  it("wants to know which", async () => {
    await refuses(["delete", "svc"], 2, /which svc\?/);
    await refuses(["delete"], 2, /which objects\?/);
    await refuses(["delete", "svc", "a", "--all"], 2, /names exclude/);
    await refuses(["delete", "svc", "-f", "-"], 2, /-f says which objects/);
  });
});

describe("what is known without asking", () => {
  it("api-resources", async () => {
    await prints(["api-resources"], /^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n/);
    await prints(["api-resources", "-o", "name"], /^httproutes\.gateway\.networking\.k8s\.io$/m);
  });
  it("explain", async () => {
    await prints(
      ["explain", "fault.spec.rules.abort.percent"],
      /FIELD: +spec\.rules\.abort\.percent <number>\n\nShare of requests that are aborted\./,
    );
    await prints(["explain", "httproute", "-R"], /\n {6}backendRefs <\[\]object>\n {8}/);
    await prints(["explain", "httproutes.gateway.networking.k8s.io.spec"], /parentRefs/);
    await refuses(["explain", "fault.spec.ruels"], 1, /FaultInjection\.spec has no field ruels\n +Did you mean rules\?/);
  });
});
