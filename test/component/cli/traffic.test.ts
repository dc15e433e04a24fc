import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import type { FaultInjection } from "../../../src/cli/fault/types.ts";
import type { HTTPRoute } from "../../../src/policies/route/http-route.ts";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";

const service = (name: string, { version, ports = [{ port: 80, appProtocol: "http" }] }: { version?: string; ports?: object[] } = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: version ? `${name}-${version}` : name,
    labels: { "meshctl.dev/service": name, ...(version ? { "meshctl.dev/version": version } : {}) },
  },
  spec: { ports },
});
const workload = (name: string, serviceAccount = name, workloadName = name) => ({
  apiVersion: "meshctl.dev/v1alpha1",
  kind: "Workload",
  metadata: { name, labels: { "meshctl.dev/workload": workloadName } },
  spec: { workload: workloadName, serviceAccount },
});
const two = [
  { name: "a", port: 80, appProtocol: "http" },
  { name: "b", port: 81, appProtocol: "http" },
];

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
  const objects = [
    service("api"),
    service("api", { version: "v1" }),
    service("api", { version: "v2" }),
    service("own"),
    service("wide", { ports: two }),
    service("ledger", { ports: [{ port: 5000, appProtocol: "tcp" }] }),
    workload("web"),
    workload("batch", "web"),
    workload("api2-7", "api2", "api2"),
  ];
  const { code, stderr } = await mesh.cli(["apply", "-f", "-"], {
    stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  });
  assert.equal(code, 0, stderr);
});
after(() => mesh.close());

async function run(line: string): Promise<string> {
  const { code, stdout, stderr } = await mesh.cli(line.split(" "));
  assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
  return stdout + stderr;
}

async function refuses(line: string, exitCode: number, expected: RegExp): Promise<void> {
  const { code, stdout, stderr } = await mesh.cli(line.split(" "));
  assert.match(stderr, expected);
  assert.equal(code, exitCode, stderr);
  assert.equal(stdout, "");
}

async function route(name: string): Promise<HTTPRoute> {
  return parse(await run(`get httproute ${name} -o yaml`)) as HTTPRoute;
}

const weights = ({ spec }: HTTPRoute) => spec?.rules?.[0]?.backendRefs?.map(({ name, port, weight }) => `${name}:${port}=${weight}`);

describe("route split", () => {
  it("prints the route without writing it", async () => {
    const made = parse(await run("route split api --weight v1=90 --weight v2=10 --dry-run -o yaml")) as HTTPRoute;
    assert.equal(made.metadata.name, "api-split");
    assert.deepEqual(weights(made), ["api-v1:80=90", "api-v2:80=10"]);
    await refuses("get httproute api-split", 1, /not found/);
  });

  it("writes one rule on the service's port, and replaces it as a whole", async () => {
    assert.equal(
      await run("route split api --weight v1=90 --weight v2=10"),
      "httproute.gateway.networking.k8s.io/api-split created\nv1 90 % (90 of 100), v2 10 % (10 of 100)\n",
    );
    const made = await route("api-split");
    assert.deepEqual(
      made.spec?.parentRefs?.map(({ kind, name, port }) => [kind, name, port]),
      [["Service", "api", 80]],
    );
    assert.deepEqual(weights(made), ["api-v1:80=90", "api-v2:80=10"]);
    assert.equal(made.spec?.rules?.length, 1);
    assert.equal(
      await run("route split api --weight v1=90"),
      "httproute.gateway.networking.k8s.io/api-split configured\nv1 100 % (90 of 90), v2 none\n",
    );
    assert.deepEqual(weights(await route("api-split")), ["api-v1:80=90"]);
    assert.match(await run("route split api --weight v1=90"), /unchanged\nv1 100 %/);
    assert.match(
      await run("route split api --weight v1=0 --weight v2=1 --dry-run"),
      /configured \(dry run\)\nv1 none, v2 100 % \(1 of 1\)/,
    );
    assert.deepEqual(weights(await route("api-split")), ["api-v1:80=90"]);
  });

  it("takes Services of the user's own as versions", async () => {
    assert.match(
      await run("route split own --weight blue=1 --weight green=2 --backend blue=api-v1:80 --backend green=api-v2"),
      /blue 33\.33 % \(1 of 3\), green 66\.67 %/,
    );
    assert.deepEqual(weights(await route("own-split")), ["api-v1:80=1", "api-v2:80=2"]);
    await run("delete httproute own-split");
  });

  const refused: [string, number, RegExp][] = [
    ["route split nope --weight v1=1", 1, /no service nope in namespace default\n +There is: api, api-v1/],
    ["route split api -n other --weight v1=1", 1, /no service api in namespace other/],
    ["route split api --weight v3=1", 1, /no version v3\n +There is: v1, v2/],
    ["route split ledger --weight v1=1", 4, /ledger:5000 speaks TCP/],
    ["route split wide --weight v1=1", 2, /several ports\n +Say which with --port: 80, 81/],
    ["route split wide --weight v1=1 --port 82", 1, /no port 82/],
    ["route split api --weight v1=-1", 2, /--weight: "-1" is not a weight/],
    ["route split api --weight v1=NaN", 2, /--weight: "NaN" is not a weight/],
    ["route split api --weight v1=0 --weight v2=0", 2, /add up to zero/],
    ["route split api --weight v1", 2, /NAME=VALUE/],
    ["route split api", 2, /no weights given[^]*--weight/],
    ["route split --weight v1=1", 2, /missing required argument 'service'\n +See `meshctl route split --help`/],
    ["route split api --weight v1=1 --backend v1=gone:80", 1, /no service gone/],
    ["route split api --weight v1=1 --port 0", 2, /--port: "0" is not a port/],
    ["route splt api", 2, /unknown command 'splt'\n.*Did you mean split/],
  ];
  for (const [line, exitCode, expected] of refused) it(`refuses: ${line}`, () => refuses(line, exitCode, expected));

  it("refuses where another route would win, and names it", async () => {
    const other = (name: string, matches: object[]) => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name },
      spec: { parentRefs: [{ group: "", kind: "Service", name: "own" }], rules: [{ matches, backendRefs: [{ name: "own", port: 80 }] }] },
    });
    await mesh.cli(["apply", "-f", "-"], { stdin: JSON.stringify(other("by-hand", [])) });
    await refuses("route split own --weight x=1 --backend x=api-v1:80", 4, /HTTPRoute default\/by-hand stands on service own already/);
    await mesh.cli(["apply", "-f", "-"], { stdin: JSON.stringify(other("by-hand", [{ path: { type: "PathPrefix", value: "/items" } }])) });
    const { code, stdout, stderr } = await mesh.cli("route split own --weight x=1 --backend x=api-v1:80".split(" "));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /x 100 %/);
    assert.match(stderr, /Note: requests with path \/items\* go by HTTPRoute default\/by-hand, not by the split/);
    await run("delete httproutes by-hand own-split");
  });

  it("leaves a route of that name alone when it says more than a split", async () => {
    const edited = { ...(await route("api-split")), metadata: { name: "own-split" }, status: undefined };
    const rule = { matches: [{ path: { type: "Exact", value: "/x" } }], backendRefs: [{ name: "own", port: 80 }] };
    const spec = { parentRefs: [{ group: "", kind: "Service", name: "own", port: 80 }], rules: [rule] };
    await mesh.cli(["apply", "-f", "-"], { stdin: JSON.stringify({ ...edited, spec }) });
    await refuses("route split own --weight x=1 --backend x=api-v1:80", 4, /own-split is more than a split \(its rule has matches\)/);
    await run("delete httproute own-split");
  });
});

describe("route list", () => {
  it("shows where traffic goes", async () => {
    await run("route split api --weight v1=1 --weight v2=3");
    assert.match(
      await run("route list"),
      /^NAME +SERVICE +MATCH +BACKENDS +ACCEPTED +AGE\napi-split +api:80 +everything +api-v1 25 %, api-v2 75 % +Unknown +\d+s\n$/,
    );
    assert.match(await run("route list -A --service api -o wide"), /^NAMESPACE .* MESSAGE\ndefault +api-split /);
    assert.equal(await run("route list --service api -o name"), "httproute.gateway.networking.k8s.io/api-split\n");
    assert.match(await run("route list --service web"), /^No routes: every service's traffic goes to all of its endpoints alike/);
    assert.match(await run("route list -o json"), /"HTTPRoute"/);
  });
});

async function fault(name: string): Promise<NonNullable<FaultInjection["spec"]>> {
  const { spec } = parse(await run(`get faultinjection ${name} -o yaml`)) as FaultInjection;
  assert.ok(spec);
  return spec;
}

describe("fault", () => {
  it("keeps one abort and one delay for a target", async () => {
    assert.equal(
      await run("fault abort api --status 503 --percent 30"),
      "faultinjection.meshctl.dev/api-fault created\nservice api, everything: 30 % get 503\nuntil `meshctl fault clear api`\n",
    );
    assert.match(
      await run("fault delay api --delay 200ms --percent 50"),
      /configured\nservice api, everything: 50 % wait 200ms, then 30 % get 503\n/,
    );
    assert.match(await run("fault abort svc/api --status 429 --percent 12.25"), /50 % wait 200ms, then 12\.25 % get 429\n/);
    const spec = await fault("api-fault");
    assert.deepEqual(spec.targetRefs, [{ group: "", kind: "Service", name: "api" }]);
    assert.deepEqual(spec.rules, [{ delay: { fixed: "200ms", percent: 50 }, abort: { httpStatus: 429, percent: 12.25 } }]);
    assert.match(
      await run("fault list"),
      /^NAME +TARGET +WHEN +DELAY +ABORT +EXPIRES\napi-fault +service\/api +everything +50 % wait 200ms +12\.25 % get 429 +never\n$/,
    );
    assert.equal(await run("fault clear api"), 'faultinjection.meshctl.dev "api-fault" cleared\n');
    assert.equal(await run("fault clear api"), "No fault on service api.\n");
    assert.equal(await run("fault list -A"), "No faults.\n");
  });

  it("gives requests that both are for a rule of their own", async () => {
    await run("fault delay api --delay 1s --from web");
    assert.match(await run("fault abort api --reset --path /items --method get --header X-User:ann"), /from web/);
    assert.deepEqual((await fault("api-fault")).rules, [
      {
        matches: [
          { path: { type: "PathPrefix", value: "/items" }, headers: [{ type: "Exact", name: "x-user", value: "ann" }], method: "GET" },
        ],
        from: [{ serviceAccount: "web" }],
        delay: { fixed: "1s", percent: 100 },
        abort: { reset: true, percent: 100 },
      },
      {
        matches: [
          { path: { type: "PathPrefix", value: "/items" }, headers: [{ type: "Exact", name: "x-user", value: "ann" }], method: "GET" },
        ],
        abort: { reset: true, percent: 100 },
      },
      { from: [{ serviceAccount: "web" }], delay: { fixed: "1s", percent: 100 } },
    ]);
    await run("fault abort api");
    assert.equal((await fault("api-fault")).rules.length, 2, "the delay lies within the abort for all");
    await run("fault clear --all");
  });

  it("says which other workloads share a caller's identity", async () => {
    assert.match(
      await run("fault abort api --from web --dry-run"),
      /Note: --from web means service account default\/web, which batch also has\./,
    );
    await refuses("get faultinjection api-fault", 1, /not found/);
  });

  it("ends by itself", async () => {
    const startedMs = Date.now();
    const text = await run("fault abort api --percent 1 --expires 10m");
    const { expiresAt = "" } = await fault("api-fault");
    assert.match(text, new RegExp(`until ${expiresAt}\n`));
    assert.ok(Math.abs(Date.parse(expiresAt) - startedMs - 600_000) < 60_000, expiresAt);
    await run("fault delay api --delay 5ms");
    assert.equal((await fault("api-fault")).expiresAt, expiresAt, "a second fault does not prolong the first");
    assert.match(await run("fault list -o json"), /expiresAt/);
    await run("fault clear api");
  });

  it("stands on routes and workloads too", async () => {
    await run("fault abort httproute/api-split --status 418");
    assert.equal((await fault("httproute-api-split-fault")).targetRefs?.[0]?.kind, "HTTPRoute");
    await run("fault delay workload/api2 --delay 10ms");
    assert.deepEqual((await fault("workload-api2-fault")).selector, { matchLabels: { "meshctl.dev/workload": "api2" } });
    assert.equal(
      await run("fault list -o name"),
      "faultinjection.meshctl.dev/httproute-api-split-fault\nfaultinjection.meshctl.dev/workload-api2-fault\n",
    );
    assert.match(await run("fault clear --all --dry-run"), /httproute-api-split-fault" cleared \(dry run\)/);
    assert.match(await run("fault clear workload/api2"), /workload-api2-fault" cleared/);
    assert.match(await run("fault clear --all"), /httproute-api-split-fault" cleared/);
  });

  it("prints the object", async () => {
    const made = parse(await run("fault abort api --status 500 --dry-run -o yaml")) as FaultInjection;
    assert.equal(made.kind, "FaultInjection");
    assert.match(await run("fault delay api --delay 1s --dry-run -o json"), /"fixed": "1s"/);
  });

  const refused: [string, number, RegExp][] = [
    ["fault abort nope", 1, /no service nope in namespace default\n +There is:/],
    ["fault abort httproute/nope", 1, /no HTTPRoute nope/],
    ["fault abort workload/nope", 1, /no workload nope in namespace default\n +There is: api2, batch, web\./],
    ["fault abort pod/x", 2, /not a target/],
    ["fault abort ledger", 4, /speaks TCP/],
    ["fault abort api --percent 101", 2, /--percent: "101" is not a share/],
    ["fault abort api --percent 0.123", 2, /two decimals/],
    ["fault abort api --percent NaN", 2, /not a share/],
    ["fault abort api --percent -1", 2, /not a share/],
    ["fault abort api --status 199", 2, /200 to 599/],
    ["fault abort api --status 503 --reset", 2, /exclude each other/],
    ["fault abort api --path items", 2, /not a path/],
    ["fault abort api --method FETCH", 2, /not a method/],
    ["fault abort api --header x", 2, /NAME:VALUE/],
    ["fault abort api --header x:1 --header X:2", 2, /names x twice/],
    ["fault abort api --from nobody", 1, /no workload nobody/],
    ["fault abort api --expires 10", 2, /not a duration/],
    ["fault delay api", 2, /required option '--delay/],
    ["fault delay api --delay 2h", 2, /more than an hour/],
    ["fault clear", 2, /which faults\?/],
    ["fault clear api --all", 2, /which faults\?/],
  ];
  for (const [line, exitCode, expected] of refused) it(`refuses: ${line}`, () => refuses(line, exitCode, expected));

  it("leaves alone what it did not write", async () => {
    const made = (metadata: object, spec: object) =>
      JSON.stringify({ apiVersion: "meshctl.dev/v1alpha1", kind: "FaultInjection", metadata, spec });
    const target = { group: "", kind: "Service", name: "api" };
    const rule = (path: string, httpStatus: number) => ({
      matches: [{ path: { type: "PathPrefix", value: path } }],
      abort: { httpStatus },
    });
    await mesh.cli(["apply", "-f", "-"], { stdin: made({ name: "mine" }, { targetRefs: [target], rules: [rule("/", 503)] }) });
    await refuses("fault abort api", 4, /FaultInjection default\/mine stands on service api already/);
    assert.match(await run("fault clear api"), /"mine" cleared/);
    await mesh.cli(["apply", "-f", "-"], {
      stdin: made({ name: "api-fault" }, { targetRefs: [target], rules: [rule("/a", 500), rule("/b", 501)] }),
    });
    await refuses("fault delay api --delay 1s", 4, /says more than these commands write/);
    await run("fault clear api");
    await mesh.cli(["apply", "-f", "-"], {
      stdin: made({ name: "shared" }, { targetRefs: [target, { ...target, name: "own" }], rules: [rule("/", 500)] }),
    });
    await refuses("fault clear api", 4, /stands on other targets too/);
    await run("fault clear --all");
  });
});
