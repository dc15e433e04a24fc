import { Protocol } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { ServicePort } from "./objects.ts";

/** Ports whose servers speak first: looking at the client's first bytes would wait for ever. */
const SERVER_FIRST = new Set([25, 587, 3306, 4444, 5432, 6379, 9300, 11211]);

const BY_APP_PROTOCOL: Readonly<Record<string, Protocol>> = {
  http: Protocol.HTTP,
  tcp: Protocol.TCP,
  grpc: Protocol.GRPC,
  http2: Protocol.HTTP2,
  "kubernetes.io/h2c": Protocol.HTTP2,
  "kubernetes.io/ws": Protocol.HTTP,
  "kubernetes.io/wss": Protocol.TCP,
  https: Protocol.TCP,
  tls: Protocol.TCP,
};

/** What is spoken on a Service port: appProtocol decides; unknown ones are opaque, none means the proxy looks. */
export function protocolOf(port: Pick<ServicePort, "port" | "appProtocol">): Protocol {
  if (port.appProtocol !== undefined && port.appProtocol !== "") return BY_APP_PROTOCOL[port.appProtocol.toLowerCase()] ?? Protocol.TCP;
  return SERVER_FIRST.has(port.port) ? Protocol.TCP : Protocol.DETECT;
}

/** True when requests can be told apart, so that HTTP routes and request policies act. */
export function carriesHttp(protocol: Protocol): boolean {
  return protocol === Protocol.HTTP || protocol === Protocol.HTTP2 || protocol === Protocol.GRPC || protocol === Protocol.DETECT;
}
