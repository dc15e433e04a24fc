/** The control plane and sidecars of a test in network namespaces, from the built programs; the test plays kubelet. */
import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homeLayout } from "../../../src/home/layout.ts";
import { POD_ENV, POD_PATHS } from "../../../src/messages/pod-names.ts";
import { POD_PORT, PROXY_UID } from "../../../src/messages/names.ts";
import { PACKAGE, waitFor } from "../mesh.ts";
import { inside, type Namespace, type Network, type Started, startInside } from "./network.ts";

export interface NetnsMesh {
  readonly network: Network;
  /** meshctl beside the controller; its stdout. */
  meshctl(...args: readonly string[]): string;
  /** Applies manifests. */
  apply(...objects: readonly object[]): void;
  /** Starts a sidecar in a pod, as its spec would, and waits until it is ready. */
  sidecar(pod: Namespace, name: string, serviceAccount: string): Promise<Started>;
}

/** Starts a controller outside the pods. */
export function startNetnsMesh(network: Network): NetnsMesh {
  const folder = mkdtempSync(join(tmpdir(), "meshctl-netns-"));
  chmodSync(folder, 0o755);
  network.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const program = copyProxy(folder);
  const layout = homeLayout(join(folder, "home"));
  const env = ["env", `MESHCTL_HOME=${layout.root}`, "MESHCTL_LISTEN_ADDRESS=0.0.0.0"];
  const meshctl = (...args: readonly string[]): string =>
    inside(network.outside.name, ...env, process.execPath, join(PACKAGE, "bin", "meshctl.js"), ...args);
  network.atEnd(() => meshctl("uninstall", "--local", "-y"));
  meshctl("install", "--local");
  const { httpsPort, discoveryPort } = JSON.parse(readFileSync(layout.controllerFile, "utf8")) as {
    httpsPort: number;
    discoveryPort: number;
  };

  const sidecar = async (pod: Namespace, name: string, serviceAccount: string): Promise<Started> => {
    const root = join(folder, name);
    const token = joinToken(network, layout.adminTokenFile, httpsPort, {
      namespace: "default",
      serviceAccount,
      instance: `default/${name}`,
    });
    place(`${root}${POD_PATHS.TOKEN_FILE}`, token);
    place(`${root}${POD_PATHS.TRUST_FILE}`, trustBundle(network, layout.adminTokenFile, httpsPort));
    mkdirSync(`${root}${POD_PATHS.STATE_DIR}`, { recursive: true });
    chmodSync(`${root}${POD_PATHS.STATE_DIR}`, 0o777);
    const started = startInside(
      network,
      pod,
      ["setpriv", `--reuid=${PROXY_UID}`, `--regid=${PROXY_UID}`, "--clear-groups", process.execPath, program, "pod"],
      {
        [POD_ENV.ROOT]: root,
        [POD_ENV.NAME]: name,
        [POD_ENV.NAMESPACE]: "default",
        [POD_ENV.IP]: pod.address,
        [POD_ENV.SERVICE_ACCOUNT]: serviceAccount,
        [POD_ENV.WORKLOAD]: serviceAccount,
        [POD_ENV.DISCOVERY]: `${network.outside.address}:${discoveryPort}`,
        [POD_ENV.CERTIFICATES]: `${network.outside.address}:${httpsPort}`,
        [POD_ENV.LOG_LEVEL]: "debug",
      },
    );
    await waitFor(`the sidecar of ${name}: ${started.output}`, () => isReady(pod), 30_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${started.output}`);
    });
    return started;
  };

  let manifests = 0;
  return {
    network,
    meshctl,
    sidecar,
    apply(...objects) {
      const file = join(folder, `manifest-${(manifests += 1)}.json`);
      writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
      meshctl("apply", "-f", file);
    },
  };
}

/** What the sidecar's user may read: a checkout in somebody's home directory is not. */
function copyProxy(folder: string): string {
  for (const part of ["bin", "dist", "package.json", "node_modules/koffi", "node_modules/@koromix"]) {
    cpSync(join(PACKAGE, part), join(folder, "package", part), { recursive: true });
  }
  return join(folder, "package", "bin", "meshctl-proxy.js");
}

function joinToken(network: Network, adminTokenFile: string, httpsPort: number, body: object): string {
  return (askController(network, adminTokenFile, httpsPort, "join-tokens", body) as { token: string }).token;
}

function trustBundle(network: Network, adminTokenFile: string, httpsPort: number): string {
  const { pem: bundle } = askController(network, adminTokenFile, httpsPort, "trust") as { pem: string };
  assert.match(bundle, /BEGIN CERTIFICATE/);
  return bundle;
}

function askController({ outside }: Network, adminTokenFile: string, httpsPort: number, path: string, body?: object): unknown {
  const token = readFileSync(adminTokenFile, "utf8").trim();
  const send = body === undefined ? [] : ["-H", "content-type: application/json", "-d", JSON.stringify(body)];
  // The identity of the controller is what its other tests are about.
  return JSON.parse(
    inside(
      outside.name,
      "curl",
      "-sSk",
      "--fail-with-body",
      "-H",
      `authorization: Bearer ${token}`,
      ...send,
      `https://127.0.0.1:${httpsPort}/meshctl/v1/${path}`,
    ),
  );
}

function isReady(pod: Namespace): boolean {
  try {
    return inside(pod.name, "curl", "-sf", "--max-time", "2", `http://127.0.0.1:${POD_PORT.ADMIN}/readyz`).trim() === "ok";
  } catch {
    return false;
  }
}

function place(file: string, text: string): void {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text, { mode: 0o644 });
}
