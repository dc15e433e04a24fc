import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, describe, it } from "node:test";
import type { CaStatus, ProxyStatus, ServerVersion, TapLine, TapRecord } from "../../../src/api/contract.ts";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";

const proxy: ProxyStatus = {
  namespace: "default",
  instance: "web",
  workload: "web",
  identity: "spiffe://cluster.local/ns/default/sa/web",
  version: "0.0.0-dev",
  capabilities: [],
  connected: true,
  connectedSince: new Date(Date.now() - 60_000).toISOString(),
  certificate: {
    serial: "0a",
    notBefore: new Date(Date.now() - 60_000).toISOString(),
    notAfter: new Date(Date.now() + 86_400_000).toISOString(),
  },
  sync: { Inbound: "SYNCED", Outbound: "NACK", Endpoints: "NOT SENT", Trust: "SYNCED", ProxyConfig: "SYNCED" },
  nacks: [{ type: "Outbound", name: "default/api:80", message: "weight is negative", at: "2026-01-01T00:00:00Z" }],
  address: "127.0.0.1:40000",
  processes: 1,
  clockSkewMs: 1,
  overload: null,
};
const inShop: ProxyStatus = {
  ...proxy,
  namespace: "shop",
  instance: "cart",
  workload: "cart",
  sync: { ...proxy.sync, Outbound: "SYNCED" },
  nacks: [],
};

const record = (path: string, status = 200): TapRecord => ({
  time: "2026-03-01T12:00:00.123Z",
  proxy: "default/web",
  direction: "outbound",
  protocol: "http",
  source: "default/web",
  destination: "default/api1",
  service: "default/api:80",
  method: "GET",
  authority: "api",
  path,
  status,
  grpcStatus: null,
  latencyMs: 3,
  requestBytes: 0,
  responseBytes: 5,
  mtls: true,
  peerIdentity: "spiffe://cluster.local/ns/default/sa/api1",
  reason: "",
  requestId: "r",
  route: "",
  attempts: 1,
  sourceAddress: "127.0.0.1:1",
  destinationAddress: "127.0.0.1:2",
  requestHeaders: {},
  responseHeaders: {},
});

const certificate = (days: number) => ({
  subject: "CN=x",
  serial: "01",
  notBefore: new Date(Date.now() - 60_000).toISOString(),
  notAfter: new Date(Date.now() + days * 86_400_000).toISOString(),
  fingerprintSha256: "00",
});
const ca: CaStatus = {
  trustDomain: "cluster.local",
  backend: "file",
  root: certificate(3650),
  issuer: certificate(60),
  leafTtlSeconds: 86_400,
  issuerRotatesAt: new Date(Date.now() + 86_400_000).toISOString(),
  issued: { current: 2, expiringWithin1h: 0 },
};
const version: ServerVersion = {
  version: "0.0.0-dev",
  node: "v24.14.1",
  startedAt: "2026-01-01T00:00:00Z",
  trustDomain: "cluster.local",
  discoveryPort: 1,
};

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
  Object.assign(mesh.paths, {
    "GET /meshctl/v1/proxies": [proxy, inShop],
    "GET /meshctl/v1/proxies/default/web": { ...proxy, resources: [{ type: "Trust", name: "cluster.local", version: "abc", acked: true }] },
    "GET /meshctl/v1/version": version,
    "GET /meshctl/v1/ca": ca,
    "GET /meshctl/v1/stat": { since: "", until: "", rows: [] },
    "GET /meshctl/v1/trust": { trustDomain: "cluster.local", pem: "" },
  });
  const objects = [
    { apiVersion: "v1", kind: "Service", metadata: { name: "api" }, spec: { ports: [{ port: 80 }] } },
    {
      apiVersion: "meshctl.dev/v1alpha1",
      kind: "Workload",
      metadata: { name: "web" },
      spec: { workload: "web", serviceAccount: "web", leaseDurationSeconds: 3600 },
    },
  ];
  const { code, stderr } = await mesh.cli(["apply", "-f", "-"], {
    stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  });
  assert.equal(code, 0, stderr);
});
after(() => mesh.close());

/** Answers the next tap with `lines` and keeps it open; gives its query string. */
function answerTap(lines: readonly TapLine[], then: (response: ServerResponse) => void = () => {}): Promise<string> {
  return new Promise((resolve) => {
    mesh.paths["GET /meshctl/v1/tap"] = ({ response, query }: { response: ServerResponse; query: URLSearchParams }) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
      then(response);
      resolve(query.toString());
    };
  });
}

const started: TapLine = { type: "started", session: "s", proxies: 2 };

describe("tap", () => {
  it("prints a line a request until Ctrl-C, and ends with 0", async () => {
    const asked = answerTap([
      started,
      { type: "event", event: record("/a") },
      { type: "dropped", count: 7 },
      { type: "event", event: record("/b", 503) },
    ]);
    const { code, stdout, stderr } = await mesh.cli(["tap", "api"], {
      onOutput: (text, interrupt) => {
        if (text.includes("api/b")) interrupt("SIGINT");
      },
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^12:00:00\.123 {2}out {2}default\/web → default\/api1 {2}GET api\/a {2}200 .*\n.* api\/b {2}503 .*\n$/);
    assert.equal(
      stderr,
      "Tapping service default/api at 2 proxies.\n(7 more were not sent: over 100 a second, or this terminal is slower than the mesh)\n",
    );
    assert.equal(await asked, "namespace=default&service=api&maxPerSecond=100");
  });

  it("hands every filter to the proxies", async () => {
    const asked = answerTap([started, { type: "event", event: record("/a") }]);
    const filters =
      "--path /items --method GET --status 5XX --authority api --from web --to web --direction inbound --reason fault-abort --header X-A:b --header c:d --rate 10";
    const { code, stdout } = await mesh.cli(["tap", "workload/web", ...filters.split(" "), "-o", "json", "--max", "1"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), record("/a"));
    assert.equal(
      decodeURIComponent(await asked),
      "namespace=default&workload=web&method=GET&path=/items&authority=api&status=5xx&from=web&to=web&direction=inbound&reason=fault-abort&header=x-a:b&header=c:d&maxPerSecond=10",
    );
  });

  it("takes a bare name as a service first, then as a workload", async () => {
    const asked = answerTap([started, { type: "event", event: record("/a") }]);
    await mesh.cli(["tap", "web", "--max", "1", "-o", "wide"]);
    assert.match(await asked, /workload=web/);
  });

  it("says so and ends with 3 when the controller goes away", async () => {
    void answerTap([started], (response) => response.destroy());
    const { code, stderr } = await mesh.cli(["tap", "api"]);
    assert.match(stderr, /Error: the controller has gone away\n +`meshctl local status`/);
    assert.equal(code, 3);
    void answerTap([started], (response) => response.end());
    assert.equal((await mesh.cli(["tap", "api"])).code, 3);
  });

  it("tells why the controller ended it", async () => {
    void answerTap([{ type: "error", message: "too many taps" }]);
    const { code, stderr } = await mesh.cli(["tap", "api"]);
    assert.match(stderr, /the tap was ended: too many taps/);
    assert.equal(code, 1);
  });

  const refused: [string, number, RegExp][] = [
    ["tap nope", 1, /no service or workload nope in namespace default\n +There is: api, web/],
    ["tap svc/web", 1, /no service web/],
    ["tap workload/api", 1, /no workload api/],
    ["tap pod/x", 2, /nothing to tap/],
    ["tap api --status 9xx", 2, /--status: "9xx" is not a status/],
    ["tap api --max 0", 2, /at least 1/],
    ["tap api --direction up", 2, /Allowed choices are inbound, outbound/],
  ];
  for (const [line, exitCode, expected] of refused) {
    it(`refuses: ${line}`, async () => {
      const { code, stderr } = await mesh.cli(line.split(" "));
      assert.match(stderr, expected);
      assert.equal(code, exitCode);
    });
  }
});

describe("proxy-status", () => {
  it("shows a column a type", async () => {
    const { stdout } = await mesh.cli(["ps"]);
    assert.match(
      stdout,
      /^NAME +NAMESPACE +VERSION +INBOUND +OUTBOUND +ENDPOINTS +TRUST +PROXYCONFIG +CONNECTED +CERT EXPIRES\nweb +default +\S+ +SYNCED +NACK +NOT SENT +SYNCED +SYNCED +\d+s +23h\ncart +shop /,
    );
    assert.doesNotMatch((await mesh.cli(["proxy-status", "-n", "shop"])).stdout, /web/);
    assert.match(
      (await mesh.cli(["proxy-status", "-n", "shop", "-A", "-o", "wide"])).stdout,
      /IDENTITY\nweb .* spiffe:\/\/cluster\.local\/ns\/default\/sa\/web\n/,
    );
    assert.equal(JSON.parse((await mesh.cli(["ps", "-o", "json"])).stdout).length, 2);
    assert.match((await mesh.cli(["ps", "-o", "yaml"])).stdout, /^- namespace: default\n/);
  });
  it("shows one proxy with what it refused", async () => {
    for (const name of ["web", "default/web"]) {
      const { code, stdout } = await mesh.cli(["proxy-status", name]);
      assert.equal(code, 0);
      assert.match(stdout, /Refused:\n {2}× Outbound default\/api:80 at 2026-01-01T00:00:00Z\n {6}weight is negative\n/);
      assert.match(stdout, /Resources:\n {2}TYPE +NAME +VERSION +ACKNOWLEDGED\n {2}Trust +cluster\.local +abc +yes\n$/);
    }
    const { code, stderr } = await mesh.cli(["proxy-status", "wep"]);
    assert.equal(code, 1);
    assert.match(stderr, /no proxy default\/wep\n +There is: default\/web, shop\/cart\. Did you mean default\/web\?/);
  });
  it("goes on with changes only", async () => {
    let step = 0;
    const { code, stdout } = await mesh.cli(["ps", "-w", "-n", "shop"], {
      onOutput(text, interrupt) {
        const screens = text.split("NAME ").length - 1;
        if (step === 0 && text.includes("cart")) {
          step = 1;
          mesh.paths["GET /meshctl/v1/proxies"] = [proxy, { ...inShop, connected: false }];
        } else if (step === 1 && screens === 2 && /cart .* no /.test(text)) {
          step = 2;
          interrupt("SIGINT");
        }
      },
    });
    mesh.paths["GET /meshctl/v1/proxies"] = [proxy, inShop];
    assert.equal(code, 0);
    assert.equal(stdout.split("cart ").length - 1, 2);
  });
});

describe("check", () => {
  it("names what is not fine and ends with 1", async () => {
    const { code, stdout } = await mesh.cli(["check", "-o", "short"]);
    // There is no controller process behind this API, so what hangs on it is not looked at.
    assert.match(
      stdout,
      /× the controller process runs\n +no controller of .* has ever been healthy\n +→ Start it with `meshctl local start`/,
    );
    assert.doesNotMatch(stdout, /√/);
    assert.equal(code, 1);
  });
  it("looks at everything where the process runs", async () => {
    const { writeFileSync } = await import("node:fs");
    const file = `${mesh.home}/local/controller.json`;
    writeFileSync(
      file,
      JSON.stringify({ pid: process.pid, startedAt: "2026-01-01T00:00:00Z", discoveryPort: 1, httpsPort: mesh.port, version: "0.0.0-dev" }),
      { mode: 0o600 },
    );
    const { code, stdout } = await mesh.cli(["check"]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /\nproxies\n-------\n√ every workload's proxy is connected to the controller\n× every proxy has acknowledged its configuration\n {4}default\/web refused Outbound default\/api:80: weight is negative\n/,
    );
    assert.equal(stdout.split("×").length - 1, 2, stdout);
    mesh.paths["GET /meshctl/v1/proxies"] = [inShop];
    const fine = await mesh.cli(["check"]);
    assert.equal(fine.code, 0, fine.stdout);
    assert.match(fine.stdout, /\nStatus check results are √ \(23 fine\)\n$/);
    const report = JSON.parse((await mesh.cli(["check", "-o", "json"])).stdout);
    assert.equal(report.success, true);
    assert.match((await mesh.cli(["check", "-o", "junit"])).stdout, /<testsuite name="proxies" tests="6" failures="0" skipped="0">/);
  });
  it("waits until everything is fine", async () => {
    let asked = 0;
    mesh.paths["GET /meshctl/v1/proxies"] = ({ response }: { response: ServerResponse }) => {
      asked += 1;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify([asked > 1 ? inShop : proxy]));
    };
    const { code, stdout, stderr } = await mesh.cli(["check", "--wait", "30s", "-o", "short"], { isTTY: true, env: { NO_COLOR: "1" } });
    assert.equal(code, 0, stdout);
    assert.equal(asked, 2);
    assert.match(stderr, /waiting: every proxy has acknowledged its configuration/);
    mesh.paths["GET /meshctl/v1/proxies"] = [proxy];
    assert.equal((await mesh.cli(["check", "--wait", "1ms"])).code, 1);
    mesh.paths["GET /meshctl/v1/proxies"] = [proxy, inShop];
  });
});

describe("version, kubeconfig, credential", () => {
  it("prints versions", async () => {
    assert.equal((await mesh.cli(["version"])).stdout, "client:     0.0.0-dev\ncontroller: 0.0.0-dev\n");
    assert.equal(JSON.parse((await mesh.cli(["version", "-o", "json"])).stdout).controller.trustDomain, "cluster.local");
    assert.equal((await mesh.cli(["version", "--client"], { home: "/nonexistent" })).stdout, "client:     0.0.0-dev\n");
    const { code, stdout, stderr } = await mesh.cli(["version"], { home: "/nonexistent" });
    assert.deepEqual([code, stdout], [3, "client:     0.0.0-dev\n"]);
    assert.match(stderr, /the controller's version is not known: there is no mesh/);
  });
  it("prints a kubeconfig without a secret, and the secret to who asks", async () => {
    const { stdout } = await mesh.cli(["kubeconfig", "-o", "json", "-n", "shop"]);
    const config = JSON.parse(stdout);
    assert.equal(config.clusters[0].cluster.server, `https://127.0.0.1:${mesh.port}`);
    assert.equal(config.contexts[0].context.namespace, "shop");
    assert.deepEqual(config.users[0].user.exec.args.slice(-5), ["credential", "--home", mesh.home, "--context", "local"]);
    assert.doesNotMatch(stdout, /cli-token/);
    assert.deepEqual(JSON.parse((await mesh.cli(["credential"])).stdout), {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "cli-token" },
    });
  });
  it("says which contexts there are", async () => {
    const { code, stderr } = await mesh.cli(["get", "svc", "--context", "prod"]);
    assert.equal(code, 1);
    assert.match(stderr, /no context is named "prod"\n +There is: local\./);
  });
});

describe("completion", () => {
  const complete = async (...words: string[]): Promise<string[]> =>
    (await mesh.cli(["complete", "--", ...words])).stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "");
  it("completes live names", async () => {
    assert.deepEqual(await complete("route", "split", ""), ["api", ":names"]);
    assert.deepEqual(await complete("tap", "w"), ["workload/web", ":names"]);
    assert.deepEqual(await complete("tap", "api", "--from", ""), ["web", ":names"]);
    assert.deepEqual(await complete("tap", "api", "--from=w"), ["--from=web", ":names"]);
    assert.deepEqual(await complete("get", "svc", ""), ["api", ":names"]);
    assert.deepEqual(await complete("-n", "nowhere", "get", "svc", ""), [":names"]);
    assert.deepEqual(await complete("get", "-n", "meshctl-s"), ["meshctl-system", ":names"]);
    assert.deepEqual(await complete("get", "wo"), ["workloads", ":names"]);
    assert.deepEqual(await complete("get", "--context", ""), ["local", ":names"]);
  });
  it("completes words, options and fixed values", async () => {
    assert.deepEqual(await complete("fau"), ["fault", ":names"]);
    assert.deepEqual(await complete("fault", ""), ["abort", "delay", "clear", "list", ":names"]);
    assert.deepEqual(await complete("fault", "abort", "--re"), ["--reset", ":names"]);
    assert.deepEqual(await complete("get", "svc", "-o", "j"), ["json", "jsonpath=", ":names"]);
    assert.deepEqual(await complete("tap", "api", "--reason", "fault-"), ["fault-abort", "fault-reset", ":names"]);
    assert.deepEqual(await complete("apply", "-f", ""), [":files"]);
    assert.deepEqual(await complete("get", "--home", ""), [":directories"]);
    assert.ok(!(await complete("")).includes("complete"), "hidden commands stay hidden");
    assert.ok((await complete("--")).includes("--namespace"));
  });
  it("offers nothing, quietly, where the controller is away", async () => {
    const { code, stdout, stderr } = await mesh.cli(["complete", "--", "tap", ""], { home: "/nonexistent" });
    assert.deepEqual([code, stdout, stderr], [0, ":names\n", ""]);
  });
});

describe("a controller that is away", () => {
  it("is named, with the next step, and exit code 3", async () => {
    const away = await startCliMesh();
    await away.stopServer();
    for (const line of ["get svc", "tap api", "proxy-status", "route list", "version", "fault clear api", "apply -f -"]) {
      const stdin = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "x" } });
      const { code, stderr } = await away.cli(line.split(" "), { stdin });
      assert.equal(code, 3, line);
      assert.match(stderr, /https:\/\/127\.0\.0\.1:\d+ cannot be reached: nothing listens there[^]*`meshctl local status`/, line);
    }
    await away.close();
  });
  it("and a refused credential says so", async () => {
    const { writeFileSync } = await import("node:fs");
    writeFileSync(`${mesh.home}/local/credentials/admin.token`, "wrong");
    const { code, stderr } = await mesh.cli(["get", "svc"]);
    writeFileSync(`${mesh.home}/local/credentials/admin.token`, "cli-token");
    assert.equal(code, 1);
    assert.match(stderr, /Unauthorized\n +The credential is missing, expired, or of another mesh/);
  });
  it("--verbose tells what is asked", async () => {
    const { stderr } = await mesh.cli(["get", "svc", "api", "-v"]);
    assert.equal(stderr, "get default/services/api: ok\n");
  });
});
