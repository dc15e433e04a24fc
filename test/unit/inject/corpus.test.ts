import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DEFAULT_VALUES } from "../../../src/inject/values.ts";
import { holdsInvariants, inject } from "../../support/inject-invariants.ts";
import { manifestFixtures, readManifests } from "../../support/manifests.ts";

const classic = { ...DEFAULT_VALUES, settings: { ...DEFAULT_VALUES.settings, nativeSidecar: false } };

describe("the corpus of manifests", () => {
  let workloads = 0;
  for (const { name, text } of manifestFixtures()) {
    it(`${name}: schema-valid, additions only, twice is once, uninject is exact`, () => {
      workloads += holdsInvariants(text);
    });
    it(`${name}: the same with sidecars that are not native`, () => {
      // Two pods of the corpus ask for what a classic sidecar of a job cannot have.
      holdsInvariants(text, classic);
    });
  }

  it("has at least sixty workloads", () => assert.ok(workloads >= 60, `${workloads} workloads`));

  it("leaves alone what is skipped, each with its reason", () => {
    const [{ text } = { text: "" }] = manifestFixtures("skipped");
    const { edits, out } = inject(text);
    assert.equal(out, text);
    assert.deepEqual(edits.problems, []);
    assert.deepEqual(
      edits.workloads.map(({ name, outcome, code }) => [name, outcome, code]),
      [
        ["in-outside", "skipped", "namespace-opted-out"],
        ["host-network", "skipped", "host-network"],
        ["opted-out", "skipped", "opted-out"],
        ["opted-out-by-label", "skipped", "opted-out"],
        ["windows", "skipped", "windows"],
        ["no-token", "skipped", "no-service-account-token"],
        ["old-version", "skipped", "unknown-version"],
        ["control-plane", "skipped", "mesh-namespace"],
      ],
    );
    assert.ok(edits.workloads.every(({ reason }) => (reason ?? "") !== ""));
  });

  it("refuses what must not run, each with its place", () => {
    const [{ text } = { text: "" }] = manifestFixtures("refused");
    const { problems } = inject(text).edits;
    const expected: readonly (readonly [number, RegExp])[] = [
      [4, /pod\/istio.*another mesh \(istio-proxy\)/],
      [9, /pod\/linkerd.*another mesh \(linkerd-init\)/],
      [14, /pod\/proxy-user.*runAsUser: 1337/],
      [19, /pod\/proxy-group.*runAsGroup: 1337/],
      [23, /bad-annotation.*"meshctl\.dev\/skip-inbound-ports"\]: "80,x" is not ports/],
      [28, /bad-opt.*"meshctl\.dev\/inject"\]: "yes" is not one of enabled, disabled/],
      [34, /port-taken.*15006/],
      [39, /unknown-port.*"web" is not a port/],
      [44, /our-name.*meshctl-proxy/],
      [49, /no-containers.*at least one container/],
      [54, /null-spec: spec\.template\.spec: is required/],
    ];
    assert.equal(problems.length, expected.length);
    for (const [index, [line, message]] of expected.entries()) {
      assert.equal(problems[index]?.line, line);
      assert.match(problems[index]?.message ?? "", message);
    }
  });
});

describe("injection inputs of another mesh", () => {
  const corpora = process.env.MESHCTL_CORPORA;
  const skip = corpora === undefined ? "MESHCTL_CORPORA names no folder of public vectors" : false;
  /** What cannot be injected, and why; everything else must be. */
  const refused: Readonly<Record<string, RegExp>> = {
    "inject_emojivoto_already_injected.input.yml": /another mesh \(linkerd-proxy\)/,
    "inject_emojivoto_istio.input.yml": /another mesh \(istio-/,
    "inject_gettest_deployment.bad.input.yml": /not valid YAML/,
    "inject_tap_deployment.input.yml": /another mesh \(linkerd-/,
  };
  const untouched = [
    // batch/v1beta1, which no cluster serves any more
    "inject_emojivoto_cronjob.input.yml",
    "inject_emojivoto_cronjob_nometa.input.yml",
    "inject_emojivoto_deployment_automountServiceAccountToken_false.input.yml",
    "inject_emojivoto_deployment_hostNetwork_true.input.yml",
    "inject_emojivoto_namespace_good.input.yml",
  ];

  it("hold the same invariants", { skip }, () => {
    let seen = 0;
    for (const { name, text } of readManifests(join(corpora ?? "", "linkerd-inject"))) {
      seen += 1;
      const reason = refused[name];
      if (reason !== undefined) {
        const { problems } = inject(text).edits;
        assert.ok(
          problems.some(({ message }) => reason.test(message)),
          `${name}: ${JSON.stringify(problems)}`,
        );
        continue;
      }
      const injected = holdsInvariants(text);
      assert.equal(injected > 0, !untouched.includes(name), name);
    }
    assert.equal(seen, 25);
  });
});
