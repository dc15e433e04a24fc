import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiServer, createApiServer } from "../../src/controller/apiserver/server.ts";
import type { Store } from "../../src/controller/apiserver/store/contract.ts";
import { openStore } from "../../src/controller/apiserver/store/store.ts";
import type { WatchLimits } from "../../src/controller/apiserver/verbs/watch.ts";
import type { Caller } from "../../src/controller/http.ts";
import { createKubeClient } from "../../src/kube/client.ts";
import type { KubeClient } from "../../src/kube/contract.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { KindRegistry } from "../../src/model/registry.ts";
import { allKinds } from "../../src/policies/kinds.ts";
import { selfSigned } from "./self-signed.ts";

/** A resource API on a loopback port with HTTPS and one token, in a directory of its own. */
export interface TestApi {
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  readonly token: string;
  readonly client: KubeClient;
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly directory: string;
  /** A kubeconfig file with the token, for the real kubectl. */
  readonly kubeconfig: string;
  openWatches(): number;
  close(): Promise<void>;
}

const TOKEN = "test-token";
const certificate = selfSigned();

export async function startApi(
  options: {
    readonly directory?: string;
    readonly watchLimits?: Partial<WatchLimits>;
    readonly kinds?: KindRegistry;
    readonly port?: number;
    readonly audit?: (line: string) => void;
  } = {},
): Promise<TestApi> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "meshctl-api-"));
  const store = await openStore(join(directory, "store"));
  const kinds = options.kinds ?? allKinds();
  const errors: unknown[] = [];
  const api: ApiServer = await createApiServer({
    store,
    kinds,
    clock: systemClock,
    watchLimits: options.watchLimits,
    audit: options.audit,
    onInternalError: (error) => errors.push(error),
  });
  const server = createServer({ cert: certificate.certPem, key: certificate.keyPem }, (request, response) => {
    const caller: Caller =
      request.headers.authorization === `Bearer ${TOKEN}`
        ? { kind: "admin", user: "test", groups: ["system:masters"] }
        : { kind: "workload", identity: "spiffe://cluster.local/ns/default/sa/web", serial: "01", leafDer: Buffer.alloc(0) };
    void (async () => {
      if (!(await api.handle(request, response, caller))) response.writeHead(404).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const client = createKubeClient({ server: url, caPem: certificate.certPem, token: TOKEN });
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigText(url));
  return {
    url,
    port,
    caPem: certificate.certPem,
    token: TOKEN,
    client,
    store,
    kinds,
    directory,
    kubeconfig,
    openWatches: () => api.openWatches,
    async close() {
      await client.close();
      api.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
      if (options.directory === undefined) rmSync(directory, { recursive: true });
      if (errors.length > 0) throw new AggregateError(errors, "the API had internal errors");
    },
  };
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": Buffer.from(certificate.certPem).toString("base64") } }],
    users: [{ name: "test", user: { token: TOKEN } }],
  });
}
