import type { Bootstrap } from "../../../src/messages/bootstrap.ts";
import { Health, MtlsMode, Outbound, type Policy, Protocol, type Route } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN, GRPC, TYPE_URL } from "../../../src/messages/names.ts";
import { TestController } from "../../component/proxy/runtime/controller.ts";
import type { NodeFlags, PairPeer, RunningPair } from "../pair/contract.ts";
import { ExportTraceServiceRequest } from "../../../src/messages/gen/opentelemetry/proto/collector/trace/v1/trace_service.ts";
import { activeFeatures, TRACES_PER_MILLION, type Witnessed } from "./active-features.ts";
import { readProxy } from "./admin.ts";
import { tenAccessRules, tenRules } from "./rules.ts";
import { builtVersion, type SidecarProcess, startSidecar } from "./sidecar.ts";

export interface OurPairOptions {
  readonly name: string;
  readonly nodeFlags: NodeFlags;
  readonly protocol: "http" | "tcp" | "grpc";
  readonly routes: readonly Route[];
  /** On the service, in the caller's proxy. */
  readonly outboundPolicies?: readonly Policy[];
  /** On the inbound port. */
  readonly policies: readonly Policy[];
}

export const DESTINATION = "default/api:80";
const [WEB, API] = ["default/web-1", "default/api-1"];
/** Spans wait up to a second in their proxy. */
const SPANS_LIMIT_MS = 3_000;
const PROTOCOLS = { http: Protocol.HTTP, tcp: Protocol.TCP, grpc: Protocol.GRPC } as const;
const LEAF_TTL_MS = 3_600_000;

/** Everything on, as comparisons want it. */
export function fullPair(nodeFlags: NodeFlags): PairPeer {
  return ourPair({ name: "meshctl", nodeFlags, protocol: "http", routes: tenRules(DESTINATION), policies: [tenAccessRules()] });
}

/** Two built proxies, caller's and called one's, and a controller in this process that gives them identity and configuration. */
export function ourPair(options: OurPairOptions): PairPeer {
  return {
    name: options.name,
    version: builtVersion,
    async start(_folder, backendPort, core): Promise<RunningPair> {
      const controller = new TestController(LEAF_TTL_MS);
      const spans = takeReports(controller);
      for (const instance of [WEB, API]) controller.proxyConfig(instance, { tracesPerMillion: TRACES_PER_MILLION });
      await controller.open();
      const started: SidecarProcess[] = [];
      const stop = async (): Promise<void> => {
        await Promise.all(started.map((sidecar) => sidecar.stop()));
        await controller.close();
      };
      const run = async (workload: string, over: Partial<Bootstrap>): Promise<SidecarProcess> => {
        const sidecar = await startSidecar(bootstrapOf(controller, workload, over), options.nodeFlags(workload), core);
        started.push(sidecar);
        return sidecar;
      };
      try {
        const protocol = PROTOCOLS[options.protocol];
        const inbound = { appPort: backendPort, protocol: options.protocol, listenPort: 0, address: "127.0.0.1" };
        const policies = [...options.policies];
        controller.inbound(API, [{ port: backendPort, protocol, mtls: MtlsMode.STRICT, service: DESTINATION, policies }]);
        const api = await run("api", { inbound: [inbound] });
        publish(controller, options, api.ports.inbound[0] as number);
        const web = await run("web", { upstreams: [{ destination: DESTINATION, listenPort: 0 }] });
        const { keyPem, chainPem } = controller.mesh.issue("spiffe://cluster.local/ns/default/sa/web");
        return {
          pids: [web.pid, api.pid],
          port: web.ports.upstreams[0] as number,
          between: { port: api.ports.inbound[0] as number, tls: { key: keyPem, cert: chainPem, ca: controller.mesh.rootPem } },
          configuration: async () => {
            const limit = Date.now() + SPANS_LIMIT_MS;
            while ((!spans.has(WEB) || !spans.has(API)) && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 50));
            const witnessed = async (instance: string, { ports, pid }: SidecarProcess): Promise<Witnessed> => ({
              view: await readProxy(ports.admin, pid),
              instance,
              spans: spans.get(instance) ?? 0,
            });
            return activeFeatures(await witnessed(WEB, web), await witnessed(API, api), DESTINATION);
          },
          stop,
        };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

/** Takes what proxies report, as a controller does, and counts the spans of each instance. */
function takeReports(controller: TestController): ReadonlyMap<string, number> {
  const spans = new Map<string, number>();
  const taken = () => ({ message() {}, end() {} });
  controller.upStreams = {
    [GRPC.METRICS]: taken,
    [GRPC.CLOCK]: taken,
    [GRPC.TAP]: taken,
    [GRPC.SPANS]: ({ id }) => ({
      message(bytes) {
        const { resourceSpans } = ExportTraceServiceRequest.decode(bytes);
        const count = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)).length;
        spans.set(id, (spans.get(id) ?? 0) + count);
      },
      end() {},
    }),
  };
  return spans;
}

function publish(controller: TestController, options: OurPairOptions, port: number): void {
  const endpoint = {
    address: "127.0.0.1",
    port,
    identity: "spiffe://cluster.local/ns/default/sa/api",
    instance: API,
    workload: "api",
    weight: 1,
    health: Health.READY,
    capabilities: Object.values(ALPN),
  };
  controller.service(DESTINATION, 1, [endpoint]);
  const outbound = {
    service: "default/api",
    port: 80,
    protocol: PROTOCOLS[options.protocol],
    meshed: true,
    routes: [...options.routes],
    policies: [...(options.outboundPolicies ?? [])],
  };
  controller.set(TYPE_URL.OUTBOUND, DESTINATION, Outbound.encode(Outbound.fromPartial(outbound)).finish());
}

function bootstrapOf(controller: TestController, workload: string, over: Partial<Bootstrap>): Bootstrap {
  return {
    kind: "bootstrap",
    instance: `default/${workload}-1`,
    namespace: "default",
    workload,
    serviceAccount: workload,
    trustDomain: "cluster.local",
    trustBundle: controller.mesh.rootPem,
    joinToken: "good",
    controller: { discovery: `127.0.0.1:${controller.discoveryPort}`, https: `127.0.0.1:${controller.httpsPort}` },
    inbound: [],
    upstreams: [],
    outboundPort: 0,
    adminPort: 0,
    savedDir: null,
    logLevel: "error",
    drainMs: 1_000,
    ...over,
  };
}
