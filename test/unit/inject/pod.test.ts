import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAppProbes } from "../../../src/messages/app-probes.ts";
import { INJECT_OPTIONS } from "../../../src/inject/options.ts";
import { DEFAULT_VALUES } from "../../../src/inject/values.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { inject, objectsOf, uninject } from "../../support/inject-invariants.ts";

type Fields = Record<string, unknown>;

function pod(extra = "", annotations = "{}", container = ""): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: ${annotations}}\nspec:\n${extra}  containers:\n  - name: app\n    image: a\n${container}`;
}

interface Injected {
  readonly spec: Fields;
  readonly metadata: { readonly annotations: Record<string, string>; readonly labels: Record<string, string> };
  readonly init: readonly Fields[];
  readonly containers: readonly Fields[];
  readonly env: Readonly<Record<string, string>>;
}

function injected(text: string, values = DEFAULT_VALUES): Injected {
  const { edits, out } = inject(text, values);
  assert.deepEqual(edits.problems, []);
  const [object] = objectsOf(out) as unknown as { spec: Fields; metadata: Injected["metadata"] }[];
  assert.ok(object);
  const init = (object.spec.initContainers ?? []) as Fields[];
  const containers = object.spec.containers as Fields[];
  const proxy = [...init, ...containers].find(({ name }) => name === "meshctl-proxy");
  assert.ok(proxy);
  const env = Object.fromEntries((proxy.env as { name: string; value?: string }[]).map(({ name, value }) => [name, value ?? ""]));
  return { spec: object.spec, metadata: object.metadata, init, containers, env };
}

const names = (containers: readonly Fields[]): unknown[] => containers.map(({ name }) => name);

/** Fails the restricted profile of the pod security standards (Kubernetes' own list of rules). */
function restrictedProblems(spec: Fields): string[] {
  const all = [...((spec.initContainers ?? []) as Fields[]), ...(spec.containers as Fields[])];
  return all.flatMap((container) => {
    const security = (container.securityContext ?? {}) as Fields;
    const capabilities = (security.capabilities ?? {}) as { drop?: string[]; add?: string[] };
    const problems = [
      security.allowPrivilegeEscalation === false ? "" : "allowPrivilegeEscalation",
      capabilities.drop?.includes("ALL") ? "" : "capabilities.drop",
      (capabilities.add ?? []).every((name) => name === "NET_BIND_SERVICE") ? "" : `capabilities.add ${capabilities.add?.join(",")}`,
      security.runAsNonRoot === true ? "" : "runAsNonRoot",
      security.runAsUser === 0 ? "runAsUser 0" : "",
      ["RuntimeDefault", "Localhost"].includes(String((security.seccompProfile as Fields | undefined)?.type)) ? "" : "seccompProfile",
      security.privileged === true ? "privileged" : "",
    ];
    return problems.filter((problem) => problem !== "").map((problem) => `${String(container.name)}: ${problem}`);
  });
}

describe("an injected pod", () => {
  it("starts redirection, then the proxy, then the pod's own init containers", () => {
    const { init, containers } = injected(pod("  initContainers:\n  - {name: mine, image: m}\n"));
    assert.deepEqual(names(init), ["meshctl-init", "meshctl-proxy", "mine"]);
    assert.deepEqual(names(containers), ["app"]);
    assert.equal(init[1]?.restartPolicy, "Always");
    assert.ok(init[1]?.startupProbe !== undefined, "what follows waits for it");
  });

  it("without native sidecars the proxy is the first container, and holds the others back", () => {
    const { init, containers } = injected(pod("", "{meshctl.dev/native-sidecar: 'false'}"));
    assert.deepEqual([names(init), names(containers)], [["meshctl-init"], ["meshctl-proxy", "app"]]);
    assert.match(JSON.stringify(containers[0]?.lifecycle), /"postStart":.*"wait".*"preStop":.*"drain","--wait"/);
    assert.equal(containers[0]?.restartPolicy, undefined);
  });

  it("differs from the restricted profile by the init container's NET_ADMIN and uid 0 only", () => {
    const own =
      "    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n";
    for (const native of ["true", "false"]) {
      const { spec } = injected(pod("", `{meshctl.dev/native-sidecar: '${native}'}`, own));
      assert.deepEqual(restrictedProblems(spec), [
        "meshctl-init: capabilities.add NET_ADMIN",
        "meshctl-init: runAsNonRoot",
        "meshctl-init: runAsUser 0",
      ]);
    }
  });

  it("has a token for our audience, memory for state, and the roots from a ConfigMap, never in the YAML", () => {
    const { spec } = injected(pod());
    const volumes = Object.fromEntries((spec.volumes as Fields[]).map((volume) => [volume.name, volume]));
    assert.match(JSON.stringify(volumes["meshctl-identity"]), /"serviceAccountToken":\{"audience":"meshctl.dev"/);
    assert.match(JSON.stringify(volumes["meshctl-state"]), /"medium":"Memory"/);
    assert.match(JSON.stringify(volumes["meshctl-trust"]), /"configMap":\{"name":"meshctl-trust"/);
    assert.doesNotMatch(JSON.stringify(spec), /BEGIN CERTIFICATE/);
  });

  it("has time to drain", () => {
    assert.equal(injected(pod()).spec.terminationGracePeriodSeconds, 35);
    assert.equal(injected(pod("  terminationGracePeriodSeconds: 10\n")).spec.terminationGracePeriodSeconds, 35);
    assert.equal(injected(pod("  terminationGracePeriodSeconds: 90\n")).spec.terminationGracePeriodSeconds, 90);
    assert.equal(injected(pod("", "{meshctl.dev/drain: 2m}")).spec.terminationGracePeriodSeconds, 125);
    assert.equal(injected(pod("", "{meshctl.dev/drain: 10s}")).spec.terminationGracePeriodSeconds, undefined, "Kubernetes gives 30");
  });

  it("is scraped at the proxy, unless the application is", () => {
    assert.equal(injected(pod()).metadata.annotations["prometheus.io/port"], "15020");
    assert.equal(injected(pod("", "{prometheus.io/port: '80'}")).metadata.annotations["prometheus.io/scrape"], undefined);
  });

  it("of a job ends when its other processes do, where Kubernetes does not see to it", () => {
    const classic = "{meshctl.dev/native-sidecar: 'false'}";
    assert.equal(injected(pod("  restartPolicy: Never\n")).env.MESHCTL_QUIT_AFTER_SECONDS, undefined);
    const never = injected(pod("  restartPolicy: Never\n", classic));
    assert.deepEqual([never.env.MESHCTL_QUIT_AFTER_SECONDS, never.spec.shareProcessNamespace], ["2", true]);
    assert.equal(
      injected(pod("  restartPolicy: OnFailure\n", classic)).env.MESHCTL_QUIT_AFTER_SECONDS,
      "330",
      "a failed container comes back within five minutes",
    );
    const { problems } = inject(pod("  restartPolicy: Never\n  shareProcessNamespace: false\n", classic)).edits;
    assert.match(problems[0]?.message ?? "", /shareProcessNamespace: a sidecar that is not native could not see/);
  });

  it("has its network probes and hooks asked of the proxy, with what the kubelet would have asked", () => {
    const { containers, env } = injected(
      pod(
        "",
        "{}",
        `    ports: [{name: web, containerPort: 8080}]
    livenessProbe: {httpGet: {path: live, port: web, scheme: HTTPS, httpHeaders: [{name: X-A, value: b}]}, timeoutSeconds: 4, periodSeconds: 9}
    readinessProbe: {tcpSocket: {port: 9}}
    startupProbe: {grpc: {port: 10, service: s}}
    lifecycle: {preStop: {httpGet: {port: "11"}}, postStart: {exec: {command: [x]}}}
`,
      ),
    );
    const [app] = containers as {
      livenessProbe: Fields;
      readinessProbe: Fields;
      startupProbe: Fields;
      lifecycle: { preStop: Fields; postStart: Fields };
    }[];
    assert.deepEqual(app?.livenessProbe, {
      httpGet: { path: "/app-probes/app/liveness", port: 15020 },
      timeoutSeconds: 4,
      periodSeconds: 9,
    });
    assert.deepEqual(app?.readinessProbe, { httpGet: { path: "/app-probes/app/readiness", port: 15020 } });
    assert.deepEqual(app?.startupProbe, { httpGet: { path: "/app-probes/app/startup", port: 15020 } });
    assert.deepEqual(app?.lifecycle.preStop, { httpGet: { path: "/app-probes/app/pre-stop", port: 15020 } });
    assert.deepEqual(app?.lifecycle.postStart, { exec: { command: ["x"] } });
    assert.deepEqual(parseAppProbes(env.MESHCTL_APP_PROBES ?? ""), [
      {
        at: "/app-probes/app/liveness",
        purpose: "liveness",
        timeoutMs: 4000,
        check: { kind: "http", port: 8080, path: "/live", tls: true, headers: [["X-A", "b"]] },
      },
      { at: "/app-probes/app/readiness", purpose: "readiness", timeoutMs: 1000, check: { kind: "tcp", port: 9 } },
      { at: "/app-probes/app/startup", purpose: "startup", timeoutMs: 1000, check: { kind: "grpc", port: 10, service: "s" } },
      {
        at: "/app-probes/app/pre-stop",
        purpose: "pre-stop",
        timeoutMs: 60_000,
        check: { kind: "http", port: 11, path: "/", tls: false, headers: [] },
      },
    ]);
  });

  it("asks for what its annotations say, and annotations win over values", () => {
    const values = { ...DEFAULT_VALUES, settings: { ...DEFAULT_VALUES.settings, logLevel: "warn", skipOutboundPorts: ["1"] } };
    const { init, env, metadata } = injected(
      pod(
        "",
        `{meshctl.dev/log-level: debug, meshctl.dev/skip-outbound-ports: "3306, 4000-4100", meshctl.dev/skip-subnets: "fd00::/8", meshctl.dev/revision: canary, meshctl.dev/opaque-ports: ""}`,
      ),
      values,
    );
    assert.match(JSON.stringify(init[0]?.args), /"--skip-outbound-ports=3306,4000-4100","--skip-subnets=fd00::\/8"/);
    assert.deepEqual([env.MESHCTL_LOG_LEVEL, env.MESHCTL_OPAQUE_PORTS], ["debug", undefined]);
    assert.equal(env.MESHCTL_DISCOVERY_ADDRESS, "meshctl-controller-canary.meshctl-system.svc:15012");
    assert.equal(metadata.labels["meshctl.dev/injected"], "canary");
  });
});

describe("annotations", () => {
  const bad: Readonly<Record<string, readonly string[]>> = {
    revision: ["", "Not-Small", "a_b"],
    image: ["", "a b", "-x"],
    "native-sidecar": ["yes", "1"],
    "log-level": ["loud"],
    concurrency: ["0", "-1", "1.5", "65", "many"],
    drain: ["0s", "5", "61m", "1h"],
    "proxy-cpu-request": ["fast", "-1", "0", "1x"],
    "proxy-memory-request": ["64MB"],
    "proxy-cpu-limit": ["1,5"],
    "proxy-memory-limit": ["1e3"],
    "skip-inbound-ports": ["0", "65536", "9-8", "80,,81", "http"],
    "skip-outbound-ports": ["80-"],
    "skip-subnets": ["10.0.0.0", "10.0.0.0/33", "fd00::/129", "x/8"],
    "opaque-ports": ["1;2"],
  };
  for (const { name } of INJECT_OPTIONS) {
    it(`${name}: a value that cannot be used is told with its name and place`, () => {
      const values = bad[name];
      assert.ok(values !== undefined && values.length > 0, "the table has one");
      for (const value of values) {
        const { problems } = inject(pod("", `{meshctl.dev/${name}: ${JSON.stringify(value)}}`)).edits;
        assert.equal(problems.length, 1, value);
        assert.ok(
          problems[0]?.message.includes(`metadata.annotations["meshctl.dev/${name}"]: ${JSON.stringify(value)} is not`),
          problems[0]?.message,
        );
        assert.equal(problems[0]?.line, 3);
      }
    });
  }

  it("that are misspelt are warned about", () => {
    const [workload] = inject(pod("", "{meshctl.dev/skip-inbound-port: '80'}")).edits.workloads;
    assert.match(workload?.warnings[0]?.hint ?? "", /did you mean meshctl.dev\/skip-inbound-ports/);
  });
});

describe("injecting again", () => {
  const text = pod("", "{}", "    livenessProbe:\n      # words\n      httpGet:\n        path: /\n        port: 80\n");

  it("with another version of meshctl, or other values, does it anew", () => {
    const { out } = inject(text);
    const old = out.replaceAll(VERSION, "0.0.0-old");
    const again = inject(old);
    assert.equal(again.out, out);
    assert.deepEqual(
      again.edits.workloads.map(({ outcome }) => outcome),
      ["reinjected"],
    );
    const values = { ...DEFAULT_VALUES, settings: { ...DEFAULT_VALUES.settings, logLevel: "debug" } };
    const other = inject(out, values);
    assert.equal(other.out, inject(text, values).out);
    assert.equal(uninject(other.out), text);
  });

  it("after somebody has changed the application, keeps the change", () => {
    const { out } = inject(text);
    const changed = out.replace("image: a\n", "image: b\n    readinessProbe: {tcpSocket: {port: 81}}\n");
    const again = inject(changed);
    assert.match(again.out, /"path": "\/app-probes\/app\/readiness"/);
    assert.equal(uninject(again.out), text.replace("image: a\n", "image: b\n    readinessProbe: {tcpSocket: {port: 81}}\n"));
  });

  it("after another program has written the manifest anew", () => {
    const [object] = objectsOf(inject(text).out);
    const rewritten = JSON.stringify(object, null, 1);
    const [back] = objectsOf(uninject(rewritten));
    assert.deepEqual(back, objectsOf(text)[0]);
    const once = inject(rewritten).out;
    assert.equal(inject(once).out, once);
  });
});
