import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { parse } from "yaml";
import { whatExists } from "../../../src/cli/split/backends.ts";
import { findTapTarget } from "../../../src/cli/tap/target.ts";
import { homeLayout } from "../../../src/home/layout.ts";
import { createKubeClient } from "../../../src/kube/client.ts";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";

/** What somebody meets who uses the program for the first time. */
let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
  const service = (name: string, labels = {}, appProtocol = "http") => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels },
    spec: { ports: [{ port: 80, appProtocol }] },
  });
  const workload = {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "Workload",
    metadata: { name: "web" },
    spec: {
      workload: "web",
      serviceAccount: "web",
      services: [{ name: "web", port: 80, protocol: "http", appPort: 8080, inboundPort: 15443 }],
    },
  };
  const version = (name: string) => service(`api-${name}`, { "meshctl.dev/service": "api", "meshctl.dev/version": name });
  const items = [service("web"), service("api"), version("v1"), version("v2"), service("ledger", {}, "tcp"), workload];
  const { code, stderr } = await mesh.cli(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
  assert.equal(code, 0, stderr);
});
after(() => mesh.close());

const cli = (line: string) => mesh.cli(line.split(" "));

describe("a credential that others can read is not used", () => {
  for (const [what, mode, closed, chmod] of [
    ["file", 0o644, 0o600, "chmod 600"],
    ["directory", 0o755, 0o700, "chmod 700"],
  ] as const) {
    it(`its ${what}`, async () => {
      const { adminTokenFile } = homeLayout(mesh.home);
      const path = what === "file" ? adminTokenFile : dirname(adminTokenFile);
      chmodSync(path, mode);
      try {
        for (const line of ["get svc", "credential", "fault list"]) {
          const { code, stdout, stderr } = await cli(line);
          assert.equal(
            stderr,
            `Error: the credential is not used: ${path} is open to other users (mode 0${mode.toString(8)})\n  ${chmod} ${path}\n`,
          );
          assert.deepEqual([code, stdout], [4, ""]);
        }
      } finally {
        chmodSync(path, closed);
      }
      assert.equal((await cli("get svc")).code, 0);
    });
  }
});

test("a program that does not speak TLS on the controller's port", async () => {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKubeClient({ server: `https://127.0.0.1:${port}`, token: "" });
  await assert.rejects(client.request("GET", "/healthz"), {
    message: `another program listens at 127.0.0.1:${port}, it does not speak TLS`,
    exitCode: 3,
  });
  await client.close();
  server.close();
});

describe("what is printed for a file", () => {
  it("has nothing of the server in it", async () => {
    assert.equal((await cli("route split api --weight v1=9 --weight v2=1")).code, 0);
    const lines = ["route split api --weight v1=8 --weight v2=2", "route split api --weight v1=9 --weight v2=1", "fault abort api"];
    for (const line of lines) {
      const { code, stdout } = await cli(`${line} --dry-run -o yaml`);
      assert.equal(code, 0);
      const object = parse(stdout) as { metadata: object };
      assert.deepEqual(Object.keys(object), ["apiVersion", "kind", "metadata", "spec"]);
      assert.deepEqual(Object.keys(object.metadata), ["name", "namespace"]);
    }
    assert.equal((await cli("delete httproute api-split")).code, 0);
  });

  it("has its fields in the order of manifests", async () => {
    const keys = ["apiVersion", "kind", "metadata", "spec"];
    assert.deepEqual(Object.keys(parse((await cli("get svc api -o yaml")).stdout) as object).slice(0, 4), keys);
    const list = JSON.parse((await cli("get svc -o json")).stdout) as { items: object[] };
    for (const item of list.items) assert.deepEqual(Object.keys(item).slice(0, 4), keys);
  });
});

test("a tap of a name that is a service and a workload shows the service, and tells of the workload", async () => {
  const target = await findTapTarget(mesh.client, "web", "default");
  assert.equal(target.words, "service default/web");
  assert.match(target.note ?? "", /for what the workload web sends: meshctl tap workload\/web$/);
  for (const text of ["svc/web", "workload/web", "api"]) {
    assert.equal((await findTapTarget(mesh.client, text, "default")).note, undefined, text);
  }
});

describe("what is said about a slip", () => {
  const table: [string, number, RegExp][] = [
    [
      "fault abort ledger",
      4,
      /^Error: service ledger speaks TCP: .*status\n {2}Reset .*`meshctl fault abort ledger --reset`.*`meshctl fault delay/,
    ],
    ["fault abort ledger --reset --path /x", 4, /no requests that --path could match/],
    ["fault clear nope", 1, /no service nope in namespace default\n {2}There is: api, /],
    ["fault delay api --delay 100h", 2, /--delay: "100h" is more than an hour/],
    ["cert issue --identity ns/ci/sa/x --ttl 48h --out nowhere", 2, /--ttl: "48h" is more than 24h/],
    ["tap api --reason bogus", 2, /--reason: "bogus" is not a reason\n {2}There is: .*fault-abort/],
    ["tap api --reason fault-abrt", 2, /Did you mean fault-abort\?/],
    ["tap api --path items", 2, /--path: "items" is not the start of a path\n {2}Write it like \/items/],
    ["tap api --from nobody", 2, /--from: there is no workload nobody in namespace default\n {2}There is: web\./],
    ["nosuchcommand", 2, /^Error: unknown command 'nosuchcommand'\n {2}See `meshctl --help`\.\n$/],
    ["route nosuchcommand", 2, /See `meshctl route --help`\./],
  ];
  for (const [line, exitCode, expected] of table) {
    it(line, async () => {
      const { code, stdout, stderr } = await cli(line);
      assert.match(stderr, expected);
      assert.deepEqual([code, stdout], [exitCode, ""]);
    });
  }

  it("suggests only what is near", () => {
    assert.equal(whatExists("workload", "default/nope", ["default/api1"]), "There is: default/api1.");
    assert.match(whatExists("workload", "default/wbe", ["default/web", "shop/wbe"]), /Did you mean default\/web\?$/);
  });
});

test("a TCP service takes a reset and a delay, and a target without faults has nothing to clear", async () => {
  assert.equal((await cli("fault abort ledger --reset --dry-run")).code, 0);
  assert.equal((await cli("fault delay ledger --delay 1s --dry-run")).code, 0);
  assert.deepEqual(await cli("fault clear api"), { code: 0, stdout: "", stderr: "No fault on service api.\n" });
});

test("get prints what is there before it says what is not", async () => {
  const { code, stdout, stderr } = await cli("get svc nope api");
  assert.match(stdout, /^NAME.*\napi /);
  assert.match(stderr, /^Error: .*"nope" not found\n$/);
  assert.equal(code, 1);
});

test("workloads show their inbound ports when asked widely", async () => {
  assert.match((await cli("get workloads -o wide")).stdout, /INBOUND-PORTS[^]* 15443 /);
});

describe("completion of values", () => {
  const table: [string[], string[]][] = [
    [["-n", ""], ["default"]],
    [
      ["route", "split", "api", "--weight", ""],
      ["v1=", "v2="],
    ],
    [["get", "workload/"], ["workload/web"]],
    [["get", "workload/web", "svc/led"], ["svc/ledger"]],
  ];
  for (const [words, expected] of table) {
    it(words.join(" "), async () => {
      const { stdout } = await mesh.cli(["complete", "--", ...words]);
      const values = stdout.split("\n").flatMap((line) => (line.includes("\t") ? [line.split("\t")[0] ?? ""] : []));
      for (const value of expected) assert.ok(values.includes(value), stdout);
    });
  }
});

test("a short check folds what could not be looked at", async () => {
  const { stdout } = await mesh.cli(["check", "-o", "short"], { home: `${mesh.home}-nowhere` });
  assert.match(stdout, /\n- \d+ checks not made: they depend on what failed\n$/);
  assert.doesNotMatch(stdout, /depends on "/);
});
