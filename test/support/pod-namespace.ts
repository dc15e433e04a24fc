/** A network namespace as a pod has one, with a second one as the rest of the world. Needs root. */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("../root/peer.py", import.meta.url));

export const POD = Object.freeze({ ip4: "10.177.0.2", ip6: "fd77::2" });
export const OUTSIDE = Object.freeze({ ip4: "10.177.0.1", ip6: "fd77::1", other4: "10.178.0.1", other6: "fd78::1" });

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PodNamespace {
  /** Runs a program inside, as root. */
  run(argv: readonly string[], input?: string): Promise<Ran>;
  /** What a connection (or datagram) from inside is answered: `at PORT for ADDRESS PORT`, or the name of an error. */
  dial(host: string, port: number, options?: { readonly uid?: number; readonly udp?: boolean }): Promise<string>;
  /** The same from outside. */
  dialFromOutside(host: string, port: number): Promise<string>;
  /** Listeners inside (or outside) until the returned function is called. */
  serve(where: "pod" | "outside", ports: readonly string[]): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** For the `skip` of a test: false, or why. */
export function namespacesMissing(): string | false {
  if (process.getuid?.() !== 0) return "needs root: npm run test:root";
  for (const [tool, name] of [
    ["ip", "iproute2"],
    ["nft", "nftables"],
    ["python3", "python3"],
    ["setpriv", "util-linux"],
  ]) {
    if (spawnSync("which", [tool ?? ""]).status !== 0) return `${tool} is not installed (Debian package ${name})`;
  }
  return false;
}

let serial = 0;

export async function createPodNamespace(): Promise<PodNamespace> {
  serial += 1;
  const id = `${process.pid % 100_000}${serial}`;
  const [pod, outside] = [`mp-${id}`, `mo-${id}`];
  const children = new Set<ChildProcess>();
  const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
  ip("netns", "add", pod);
  ip("netns", "add", outside);
  ip("link", "add", `vp${id}`, "netns", pod, "type", "veth", "peer", "name", `vo${id}`, "netns", outside);
  for (const [namespace, device, ip4, ip6] of [
    [pod, `vp${id}`, POD.ip4, POD.ip6],
    [outside, `vo${id}`, OUTSIDE.ip4, OUTSIDE.ip6],
  ] as const) {
    ip("-n", namespace, "link", "set", "lo", "up");
    ip("-n", namespace, "link", "set", device, "up");
    ip("-n", namespace, "addr", "add", `${ip4}/24`, "dev", device);
    ip("-n", namespace, "-6", "addr", "add", `${ip6}/64`, "dev", device, "nodad");
  }
  ip("-n", outside, "addr", "add", `${OUTSIDE.other4}/32`, "dev", "lo");
  ip("-n", outside, "-6", "addr", "add", `${OUTSIDE.other6}/128`, "dev", "lo");
  ip("-n", pod, "route", "add", "default", "via", OUTSIDE.ip4);
  ip("-n", pod, "-6", "route", "add", "default", "via", OUTSIDE.ip6);

  function exec(namespace: string, argv: readonly string[], input = ""): Promise<Ran> {
    return new Promise((resolve) => {
      const child = execFile("ip", ["netns", "exec", namespace, ...argv], { timeout: 120_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    });
  }

  async function dial(namespace: string, kind: "dial" | "udp", host: string, port: number, uid: number): Promise<string> {
    const { stdout, stderr } = await exec(namespace, ["python3", PEER, kind, host, String(port), String(uid)]);
    return stdout.trim() || stderr.trim();
  }

  return {
    run: (argv, input) => exec(pod, argv, input),
    dial: (host, port, { uid = 1000, udp = false } = {}) => dial(pod, udp ? "udp" : "dial", host, port, uid),
    dialFromOutside: (host, port) => dial(outside, "dial", host, port, 1000),
    async serve(where, ports) {
      const child = spawn("ip", ["netns", "exec", where === "pod" ? pod : outside, "python3", PEER, "serve", ...ports], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      children.add(child);
      await new Promise<void>((resolve, reject) => {
        child.stdout.once("data", () => resolve());
        child.once("exit", (code) => reject(new Error(`the listener ended with ${code}`)));
      });
      return () =>
        new Promise<void>((resolve) => {
          child.once("exit", () => resolve());
          child.stdin.end();
          children.delete(child);
        });
    },
    async close() {
      for (const child of children) {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.stdin?.end();
        await ended;
      }
      for (const namespace of [pod, outside]) ip("netns", "del", namespace);
    },
  };
}
