/**
 * Pods as network namespaces (proof.md 14): a bridge in a namespace of its own, where the control plane runs, and one
 * namespace for each pod. Everything is named after this process and removed with the test.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import type { TestContext } from "node:test";

export interface Namespace {
  readonly name: string;
  /** IPv4, and IPv6 where this kernel has it. */
  readonly address: string;
  readonly address6: string;
}

export interface Network {
  /** Done in reverse order when the test is over, before the namespaces go. */
  atEnd(end: () => unknown): void;
  /** Where the bridge, the control plane and what is outside the mesh live. */
  readonly outside: Namespace;
  pod(): Namespace;
}

let networks = 0;

export function createNetwork(t: TestContext): Network {
  const prefix = `mt${process.pid}-${(networks += 1)}`;
  const made: string[] = [];
  const ends: (() => unknown)[] = [];
  t.after(async () => {
    try {
      for (const end of ends.reverse()) await end();
    } finally {
      for (const name of made) ip("netns", "del", name);
    }
  });
  const create = (label: string, host: number): Namespace => {
    const name = `${prefix}-${label}`;
    ip("netns", "add", name);
    made.push(name);
    inside(name, "ip", "link", "set", "lo", "up");
    return { name, address: `10.77.0.${host}`, address6: `fd77::${host}` };
  };
  const outside = create("out", 1);
  inside(outside.name, "ip", "link", "add", "br0", "type", "bridge");
  giveAddress(outside, "br0");
  let pods = 0;
  return {
    outside,
    atEnd: (end) => ends.push(end),
    pod() {
      pods += 1;
      const pod = create(`p${pods}`, 10 + pods);
      ip("link", "add", "eth0", "netns", pod.name, "type", "veth", "peer", "name", `veth${pods}`, "netns", outside.name);
      inside(outside.name, "ip", "link", "set", `veth${pods}`, "master", "br0", "up");
      giveAddress(pod, "eth0");
      inside(pod.name, "ip", "route", "add", "default", "via", outside.address);
      inside(pod.name, "ip", "-6", "route", "add", "default", "via", outside.address6);
      return pod;
    },
  };
}

function giveAddress({ name, address, address6 }: Namespace, device: string): void {
  inside(name, "ip", "addr", "add", `${address}/24`, "dev", device);
  inside(name, "ip", "-6", "addr", "add", `${address6}/64`, "dev", device, "nodad");
  inside(name, "ip", "link", "set", device, "up");
}

export function ip(...args: readonly string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a command in a namespace, as root; throws with its stderr. */
export function inside(namespace: string, ...command: readonly string[]): string {
  return execFileSync("ip", ["netns", "exec", namespace, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
}

/** The same without waiting; ended with the test. */
export function startInside(
  network: Network,
  namespace: Namespace,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn("ip", ["netns", "exec", namespace.name, ...command], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started: Started = { child, output: "" };
  const keep = (chunk: Buffer): void => {
    started.output = (started.output + chunk.toString("utf8")).slice(-64 * 1024);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  network.atEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  });
  return started;
}

export interface Started {
  readonly child: ChildProcess;
  output: string;
}

/** Exit code and output of curl in a namespace, whatever it was. */
export function curl(namespace: string, ...args: readonly string[]): { readonly code: number; readonly body: string } {
  try {
    return { code: 0, body: inside(namespace, "curl", "-sS", "--max-time", "8", ...args) };
  } catch (error) {
    const { status, stderr } = error as { status: number | null; stderr: string };
    assert.notEqual(status, null, "curl itself did not end");
    return { code: status as number, body: stderr };
  }
}
