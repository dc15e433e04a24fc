import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { PROFILE_NAMES } from "../../../src/install/values/profiles.ts";
import { podSecurityViolations, type PodSpec } from "../../support/pod-security.ts";
import { EVERYTHING, find, render } from "./rendering.ts";

type Deployment = { spec: { template: { spec: PodSpec } } };

for (const profile of PROFILE_NAMES) {
  test(`the controller's pods pass the restricted standard: ${profile}`, () => {
    const { template } = find<Deployment>(render(profile, EVERYTHING), "Deployment").spec;
    assert.deepEqual(podSecurityViolations(template.spec), []);
  });
  test(`its namespace enforces it: ${profile}`, () => {
    const { metadata } = find(render(profile), "Namespace");
    for (const mode of ["enforce", "audit", "warn"]) assert.equal(metadata.labels?.[`pod-security.kubernetes.io/${mode}`], "restricted");
  });
}

describe("each rule of the standard bites", () => {
  const breaks: readonly [string, (spec: PodSpec) => void, RegExp][] = [
    ["host network", (spec) => (spec.hostNetwork = true), /hostNetwork/],
    ["host processes", (spec) => (spec.hostPID = true), /hostPID/],
    ["host memory", (spec) => (spec.hostIPC = true), /hostIPC/],
    ["a host path", (spec) => spec.volumes?.push({ name: "host", hostPath: { path: "/" } }), /volume host/],
    ["a host port", (spec) => (container(spec).ports = [{ hostPort: 80 }]), /hostPort/],
    ["privileged", (spec) => (context(spec).privileged = true), /privileged/],
    ["escalation", (spec) => delete context(spec).allowPrivilegeEscalation, /allowPrivilegeEscalation/],
    ["capabilities kept", (spec) => delete context(spec).capabilities, /drop ALL/],
    ["a capability added", (spec) => (context(spec).capabilities = { drop: ["ALL"], add: ["NET_ADMIN"] }), /adds NET_ADMIN/],
    ["root", (spec) => (context(spec).runAsUser = 0), /runAsUser/],
    ["no word on root", (spec) => (delete context(spec).runAsNonRoot, delete spec.securityContext?.runAsNonRoot), /runAsNonRoot/],
    ["no seccomp profile", (spec) => delete spec.securityContext?.seccompProfile, /seccompProfile/],
    ["seccomp off", (spec) => (context(spec).seccompProfile = { type: "Unconfined" }), /seccompProfile/],
    ["/proc unmasked", (spec) => (context(spec).procMount = "Unmasked"), /procMount/],
    ["a sysctl", (spec) => spec.securityContext && (spec.securityContext.sysctls = [{ name: "kernel.msgmax" }]), /sysctl/],
  ];
  for (const [words, change, expected] of breaks) {
    it(words, () => {
      const spec = structuredClone(find<Deployment>(render(), "Deployment").spec.template.spec);
      change(spec);
      assert.match(podSecurityViolations(spec).join("\n"), expected);
    });
  }
});

function container(spec: PodSpec) {
  const [first] = spec.containers;
  assert.ok(first);
  return first;
}

function context(spec: PodSpec) {
  const { securityContext } = container(spec);
  assert.ok(securityContext);
  return securityContext;
}
