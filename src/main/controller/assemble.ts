/** Wires the controller and starts it in order: secrets, store, ports, sources, reconcilers. */
import { createFileSecretStore } from "../../ca/backends/files.ts";
import { createApiServer } from "../../controller/apiserver/server.ts";
import { openStore } from "../../controller/apiserver/store/store.ts";
import { openAdminToken } from "../../controller/certificates/admin-token.ts";
import { certificateEndpoints } from "../../controller/certificates/endpoints.ts";
import { HttpError } from "../../controller/http.ts";
import { onlyRenewed } from "../../controller/localservices/lease.ts";
import { LocalServices } from "../../controller/localservices/reconciler.ts";
import { healthEndpoints } from "../../controller/serve/health.ts";
import { meshEndpoints } from "../../controller/serve/mesh-endpoints.ts";
import { controllerMetrics, metricsEndpoint } from "../../controller/serve/metrics.ts";
import { resourceApiEndpoints } from "../../controller/serve/resource-api.ts";
import { createHttpsServer } from "../../controller/serve/server.ts";
import { createSources, type Sources } from "../../controller/sources/sources.ts";
import { StatusWriter } from "../../controller/status/writer.ts";
import type { ControllerRecord } from "../../home/controller-file.ts";
import { prepareHome } from "../../home/prepare.ts";
import { createKubeClient } from "../../kube/client.ts";
import type { KindRef } from "../../kube/contract.ts";
import { kindRefOf } from "../../kube/kind-ref.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import { createRotatingLines } from "../../lib/rotating-lines.ts";
import { VERSION } from "../../lib/version.ts";
import { allKinds } from "../../policies/kinds.ts";
import { CATALOG } from "../../policies/catalog.ts";
import type { Logger } from "../../telemetry/log.ts";
import { openCertificates } from "./certificates.ts";
import { lockHome } from "./lock.ts";
import { createMesh, FOLLOWED_KINDS } from "./mesh.ts";
import { listenPreferring, rememberedPorts, rememberPorts } from "./ports.ts";
import type { ControllerSettings } from "./settings.ts";

export interface ControllerHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly pid: number;
  readonly uid: number | undefined;
  readonly nodeVersion: string;
}

export interface RunningController {
  readonly record: ControllerRecord;
  /** Ends in reverse order; acknowledged writes are on disk already. */
  stop(): Promise<void>;
}

/** Open streams are cut after this when the controller stops. */
const CLOSE_GRACE_MS = 1_000;
/** 40 MiB: some 80,000 writes. */
const API_AUDIT_LIMITS = Object.freeze({ maxFileBytes: 8 * 1024 * 1024, files: 5, maxWaiting: 10_000 });

/** Starts the whole controller; what was started before something failed is ended again. */
export async function startController(settings: ControllerSettings, host: ControllerHost): Promise<RunningController> {
  const ends: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return { record: await start(settings, host, ends), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(settings: ControllerSettings, host: ControllerHost, ends: (() => unknown)[]): Promise<ControllerRecord> {
  const { layout } = settings;
  const { clock, random, log } = host;
  const startedUnixMs = clock.nowMs();
  prepareHome(layout, host.uid);
  ends.push(lockHome(layout, host.pid));

  const certificates = await openCertificates(settings, clock, log);
  ends.push(() => certificates.close());
  const adminToken = await openAdminToken(layout.adminTokenFile);
  const resources = await openStore(layout.storeDir);
  ends.push(() => resources.close());
  const audit = createRotatingLines({
    directory: layout.auditDir,
    name: "api",
    ...API_AUDIT_LIMITS,
    failed: (error) => log.warn("the audit log of the resource API cannot be written", { error: messageOf(error) }),
  });
  ends.push(() => audit.close());
  const api = await createApiServer({
    store: resources,
    kinds: allKinds(),
    clock,
    random,
    secrets: createFileSecretStore(layout.caDir),
    audit: (line) => void audit.append(line),
    onInternalError: (error) => log.error("resource API failed", { error: error instanceof Error ? error.stack : messageOf(error) }),
  });
  ends.push(() => api.close());

  let statusWriter: StatusWriter | null = null;
  let localServices: LocalServices | null = null;
  let sources: Sources | null = null;
  const mesh = createMesh(certificates, clock, log, () => statusWriter?.poke());
  ends.push(() => mesh.close());

  const ports = { discoveryPort: 0, httpsPort: 0 };
  const { ca, serving } = certificates;
  const https = createHttpsServer({
    credentials: httpsCredentials(serving.current()),
    adminToken,
    verifyWorkload: certificates.verifyWorkload,
    clock,
    log,
    endpoints: [
      ...healthEndpoints({
        sources: () => (sources?.synced ? null : "resources are being read"),
        discovery: () => (ports.discoveryPort === 0 ? "the discovery port is not open yet" : null),
      }),
      metricsEndpoint(
        controllerMetrics({
          discovery: mesh.discovery,
          compiler: mesh.compiler,
          store: mesh.store,
          taps: mesh.taps,
          traffic: mesh.traffic,
          reports: mesh.reports,
          traces: mesh.traces,
          spans: mesh.spans,
          kinds: FOLLOWED_KINDS,
          openWatches: () => api.openWatches,
          startedUnixMs,
        }),
      ),
      ...certificateEndpoints({ ca, tokens: certificates.tokens, clock, requestRenewal: mesh.requestRenewal }),
      ...meshEndpoints(() => {
        // A sidecar that was told no port would never find us.
        if (ports.discoveryPort === 0) throw new HttpError(503, "ServiceUnavailable", "the controller is starting");
        return {
          version: VERSION,
          node: host.nodeVersion,
          startedAt: new Date(startedUnixMs).toISOString(),
          trustDomain: ca.trustDomain,
          discoveryPort: ports.discoveryPort,
        };
      }, mesh.status),
      ...mesh.endpoints,
      ...resourceApiEndpoints(api),
    ],
  });
  ends.push(serving.onRenew((credentials) => https.setCredentials(httpsCredentials(credentials))));

  const wanted = rememberedPorts(layout);
  ports.httpsPort = await listenPreferring((port) => https.listen(settings.listenAddress, port), wanted.httpsPort);
  ends.push(() => https.close(CLOSE_GRACE_MS));

  const client = createKubeClient({
    server: `https://${reachedAt(settings.listenAddress)}:${ports.httpsPort}`,
    caPem: serving.current().rootsPem,
    token: adminToken,
    userAgent: `meshctl-controller/${VERSION}`,
  });
  ends.push(() => client.close());
  sources = createSources({
    client,
    kinds: FOLLOWED_KINDS.map(kindNamed),
    store: mesh.store,
    clock,
    random,
    log,
    onChange(change) {
      mesh.changed(change);
      if (onlyRenewed(change)) return;
      localServices?.poke();
      statusWriter?.poke(change);
    },
  });
  ends.push(() => sources?.close());
  await sources.ready();

  localServices = new LocalServices({
    store: mesh.store,
    client,
    kinds: { service: kindNamed("Service"), endpointSlice: kindNamed("EndpointSlice"), workload: kindNamed("Workload") },
    clock,
    log,
  });
  ends.push(() => localServices?.close());
  statusWriter = new StatusWriter({
    store: mesh.store,
    client,
    routeKind: kindNamed("HTTPRoute"),
    policyKinds: CATALOG.map((entry) => kindNamed(entry.kind)),
    count: mesh.count,
    clock,
    log,
  });
  ends.push(() => statusWriter?.close());
  localServices.poke();
  statusWriter.poke();

  // Proxies are let in last: what they are told is complete.
  ports.discoveryPort = await listenPreferring((port) => mesh.discovery.listen(settings.listenAddress, port), wanted.discoveryPort);
  await rememberPorts(layout, ports);
  const record: ControllerRecord = { pid: host.pid, startedAt: new Date(startedUnixMs).toISOString(), ...ports, version: VERSION };
  await writeFileAtomic(layout.controllerFile, `${JSON.stringify(record)}\n`, 0o600);
  log.info("controller is ready", { ...record });
  return record;
}

function kindNamed(kind: string): KindRef {
  const found = allKinds().all.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`kind ${kind} is not in the list of kinds`);
  return kindRefOf(found);
}

function httpsCredentials(serving: { keyPem: string; chainPem: string; rootsPem: string }) {
  return { key: serving.keyPem, cert: serving.chainPem, roots: serving.rootsPem };
}

/** Where this process reaches what is bound to `address`. */
function reachedAt(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "[::1]" : address.includes(":") ? `[${address}]` : address;
}
