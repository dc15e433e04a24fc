/** Traffic of pods with no proxy settings: the kernel redirects it, sidecars in the pods carry it (network namespaces, root, nft). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { POD_PORT } from "../../src/messages/names.ts";
import { PACKAGE, waitFor } from "../support/mesh.ts";
import { startNetnsMesh } from "../support/netns/mesh.ts";
import { createNetwork, curl, inside, type Namespace, startInside } from "../support/netns/network.ts";

const API = "10.96.0.20";
const API6 = "fd96::20";
const DB = "10.96.0.30";
const APP_PORT = 8080;
const DB_PORT = 3306;

/** Answers with what it was asked and who asked, as the application sees it. */
const ECHO = `require("node:http").createServer((q, s) => s.end(q.method + " " + q.url + " " + q.headers.host + "\\n")).listen(${APP_PORT}, "::")`;
/** Speaks first, then echoes, and ends when its client does. */
const SERVER_FIRST = `require("node:net").createServer({ allowHalfOpen: true }, (s) => { s.on("error", () => {}); s.write("hello\\n"); s.pipe(s); }).listen(${DB_PORT}, "::")`;
/** A place that the mesh does not know. */
const STRANGER = `require("node:http").createServer((q, s) => s.end("outside\\n")).listen(9999, "::")`;

test("pods reach services, instances, themselves and the world with no proxy settings, over mutual TLS", {
  skip: unavailable(),
}, async (t) => {
  const network = createNetwork(t);
  const mesh = startNetnsMesh(network);
  const [web, api] = [network.pod(), network.pod()];
  const { outside } = network;
  startInside(network, api, [process.execPath, "-e", ECHO]);
  startInside(network, api, [process.execPath, "-e", SERVER_FIRST]);
  startInside(network, outside, [process.execPath, "-e", STRANGER]);
  mesh.apply(
    service("api", [API, API6], { port: 80, targetPort: APP_PORT, appProtocol: "http" }),
    service("db", [DB], { port: DB_PORT, targetPort: DB_PORT, appProtocol: "tcp" }),
    slice("api", "IPv4", api.address, APP_PORT, "http"),
    slice("db", "IPv4", api.address, DB_PORT, "tcp"),
  );
  // After the Services: the controller makes those that nobody has written.
  mesh.apply(
    workload("web-1", "web", web, []),
    workload("api-1", "api", api, [
      { name: "api", port: 80, appPort: APP_PORT, protocol: "http", inboundPort: APP_PORT },
      { name: "db", port: DB_PORT, appPort: DB_PORT, protocol: "tcp", inboundPort: DB_PORT },
    ]),
  );
  for (const pod of [web, api]) redirect(pod);
  const proxies = [await mesh.sidecar(web, "web-1", "web"), await mesh.sidecar(api, "api-1", "api")];
  const seen = (): string => proxies.map(({ output }) => output).join("\n---\n");
  const ask = (pod: Namespace, url: string): { readonly code: number; readonly body: string } => curl(pod.name, "-g", url);

  await t.test("by the address of a service", async () => {
    const answer = await waitFor(
      "the first answer",
      () => {
        const { code, body } = ask(web, `http://${API}/items?x=1`);
        return code === 0 && body.startsWith("GET") && body;
      },
      10_000,
      seen,
    );
    assert.equal(answer, `GET /items?x=1 ${API}\n`);
    assert.match(mesh.meshctl("proxy-status"), /api-1/);
  });

  await t.test("over IPv6", () => assert.equal(ask(web, `http://[${API6}]/six`).body, `GET /six [${API6}]\n`, seen()));

  await t.test("by the address of an instance", () => {
    assert.equal(ask(web, `http://${api.address}:${APP_PORT}/one`).body, `GET /one ${api.address}:${APP_PORT}\n`, seen());
  });

  await t.test("itself, by the service it serves", () => assert.equal(ask(api, `http://${API}/self`).body, `GET /self ${API}\n`, seen()));

  await t.test("a server that speaks first, with half-close", () => {
    const said = execFileSync("ip", ["netns", "exec", web.name, process.execPath, "-e", talk(DB, DB_PORT)], {
      encoding: "utf8",
      timeout: 20_000,
    });
    assert.equal(said, "hello\nping\n", seen());
  });

  await t.test("the world outside", () => assert.equal(ask(web, `http://${outside.address}:9999/`).body, "outside\n", seen()));

  await t.test("the two sidecars spoke mutual TLS, and counted it", () => {
    const metrics = inside(api.name, "curl", "-s", `http://127.0.0.1:${POD_PORT.ADMIN}/metrics`);
    const expected =
      'meshctl_response_bytes_total{direction="inbound",protocol="http/2",service="default/api:80",source="default/web",destination="default/api",mtls="true"}';
    assert.ok(metrics.includes(expected), metrics);
  });

  await t.test("plaintext from outside the mesh is refused", () => {
    const { code, body } = ask(outside, `http://${api.address}:${APP_PORT}/`);
    assert.ok(code === 52 || code === 56, `curl ended with ${code}: ${body}`);
  });

  await t.test("the proxy's own ports serve nobody who comes to them directly", () => {
    assert.notEqual(ask(outside, `http://${api.address}:${POD_PORT.INBOUND}/`).code, 0);
    assert.notEqual(ask(web, `http://127.0.0.1:${POD_PORT.OUTBOUND}/`).code, 0);
  });

  await t.test("nothing passes while the sidecar is dead", async () => {
    const [ours] = proxies;
    ours?.child.kill("SIGKILL");
    await waitFor("its end", () => ours?.child.signalCode !== null || ours?.child.exitCode !== null);
    await waitFor("the port to close", () => ask(web, `http://${outside.address}:9999/`).code === 7);
    assert.equal(ask(web, `http://${API}/`).code, 7);
  });
});

/** As the pod's init container does; it proves the redirection with a connection of its own before it ends. */
function redirect(pod: Namespace): void {
  inside(pod.name, process.execPath, join(PACKAGE, "bin", "meshctl-init.js"), `--skip-inbound-ports=${POD_PORT.HEALTH}`);
}

function talk(host: string, port: number): string {
  return `const s = require("node:net").connect({ host: "${host}", port: ${port}, allowHalfOpen: true });
    let n = 0; s.on("data", (d) => { process.stdout.write(d); if (n++ === 0) s.end("ping\\n"); }); s.on("end", () => process.exit(0));`;
}

function workload(name: string, account: string, pod: Namespace, services: readonly object[]): object {
  return {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: { workload: account, serviceAccount: account, address: pod.address, services, leaseDurationSeconds: 3600 },
  };
}

function service(name: string, clusterIPs: readonly string[], port: object): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { clusterIP: clusterIPs[0], clusterIPs, ports: [port] },
  };
}

function slice(name: string, addressType: string, address: string, port: number, appProtocol: string): object {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace: "default", labels: { "kubernetes.io/service-name": name } },
    addressType,
    ports: [{ port, appProtocol }],
    endpoints: [
      { addresses: [address], conditions: { ready: true }, targetRef: { kind: "Workload", namespace: "default", name: "api-1" } },
    ],
  };
}

function unavailable(): string | false {
  if (process.getuid?.() !== 0) return "needs root: it makes network namespaces";
  for (const tool of ["ip", "nft", "setpriv", "curl"]) {
    try {
      execFileSync("sh", ["-c", `command -v ${tool}`]);
    } catch {
      return `${tool} is not installed (Debian packages iproute2, nftables, util-linux, curl)`;
    }
  }
  return false;
}
