/** A proxy as gRPC sees it: a client that knows nothing but the published .proto files, with a certificate and a discovery stream. */
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import * as protoLoader from "@grpc/proto-loader";
import { get } from "node:https";
import { API, type CertificateResponse, type JoinTokenResponse } from "../../../src/api/contract.ts";
import { createCsr } from "../../../src/identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../../src/identity/keys.ts";
import { createKubeClient } from "../../../src/kube/client.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";
import { readExposition } from "../../support/exposition.ts";
import { type ControllerProcess, until } from "./setup.ts";

const definition = protoLoader.loadSync(
  [
    "opentelemetry/proto/collector/metrics/v1/metrics_service.proto",
    "opentelemetry/proto/collector/trace/v1/trace_service.proto",
    "envoy/service/discovery/v3/ads.proto",
  ],
  { includeDirs: [fileURLToPath(new URL("../../../src/messages/proto", import.meta.url))], keepCase: true, longs: String },
);
const REQUEST = definition["envoy.service.discovery.v3.DeltaDiscoveryRequest"] as protoLoader.MessageTypeDefinition<object, object>;

/** `metrics` or `trace`. */
function exporter(signal: "metrics" | "trace"): grpc.MethodDefinition<object, object> {
  const name = signal === "metrics" ? "metrics.v1.MetricsService" : "trace.v1.TraceService";
  const service = definition[`opentelemetry.proto.collector.${name}`] as unknown as { Export: grpc.MethodDefinition<object, object> };
  return service.Export;
}

/** A connection with the certificate of `default/INSTANCE`; `introduce`: a discovery stream says so. */
export async function connectReporter(controller: ControllerProcess, instance: string, introduce = true): Promise<grpc.Client> {
  const identity = `spiffe://cluster.local/ns/default/sa/${instance}`;
  const id = `default/${instance}`;
  const server = `https://127.0.0.1:${controller.record.httpsPort}`;
  const asked = { namespace: "default", serviceAccount: instance, instance: id };
  const { token } = await controller.client.request<JoinTokenResponse>("POST", API.JOIN_TOKENS, asked);
  const key = await generatePrivateKey();
  const https = createKubeClient({ server, caPem: controller.caPem, token });
  const { chain, trustBundle } = await https.request<CertificateResponse>("POST", API.CERTIFICATES, {
    csr: createCsr(key, identity),
    instance: id,
  });
  await https.close();
  const credentials = grpc.credentials.createSsl(Buffer.from(trustBundle), Buffer.from(formatPrivateKey(key)), Buffer.from(chain), {
    checkServerIdentity: () => undefined,
  });
  const client = new grpc.Client(`127.0.0.1:${controller.record.discoveryPort}`, credentials, { "grpc.use_local_subchannel_pool": 1 });
  if (!introduce) return client;
  // The sender of a report is the proxy whose discovery stream shares its connection.
  const call = client.makeBidiStreamRequest(
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
    REQUEST.serialize,
    (bytes: Buffer) => bytes,
  );
  let up = false;
  call.on("data", () => (up = true));
  call.on("error", () => {});
  call.write({ node: { id, cluster: id }, type_url: TYPE_URL.TRUST, resource_names_subscribe: ["cluster.local"] });
  await until(() => up, "the discovery stream");
  return client;
}

/** One Export call; rejects with the status it was answered with. */
export function sendOtlp(client: grpc.Client, signal: "metrics" | "trace", request: object): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = exporter(signal);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** A counter or gauge of the controller's own `/metrics`, without its prefix. */
export async function controllerMetric(controller: ControllerProcess, name: string): Promise<number | undefined> {
  const text = await new Promise<string>((resolve, reject) => {
    const options = { port: controller.record.httpsPort, ca: controller.caPem, headers: { authorization: `Bearer ${controller.token}` } };
    get({ ...options, host: "127.0.0.1", path: "/metrics", checkServerIdentity: () => undefined }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve(body));
    }).on("error", reject);
  });
  return readExposition(text).samples.get(`meshctl_controller_${name}`);
}
