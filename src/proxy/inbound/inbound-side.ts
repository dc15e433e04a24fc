import type { EndpointState, InboundStack } from "../../decide/contract.ts";
import type { Source } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import type { TrafficRecord } from "../exchange-record.ts";
import type { Downstream } from "../http/downstream.ts";
import type { Exchange } from "../http/exchange.ts";
import { afterOneHop } from "../http1/codec/head.ts";
import { ServerSide } from "../http/server-side.ts";
import { plainEndpoint } from "../plain-endpoint.ts";
import { InboundExchange } from "./inbound-exchange.ts";
import type { InboundShared } from "./inbound-http.ts";
import { sourceLabel, sourceOfPeer } from "./peer-source.ts";

/** One inbound listener: requests for one port of the application. */
export class InboundSide extends ServerSide {
  readonly shared: InboundShared;
  /** The application as an endpoint: the address that answered last. */
  preferredApp: EndpointState;
  readonly #apps: readonly EndpointState[];
  readonly fallbackHost: string;
  /** `namespace/workload` of this proxy. */
  readonly selfLabel: string;
  readonly #appPort: number;

  constructor(shared: InboundShared, appPort: number) {
    super(shared.engine, afterOneHop(shared.engine.limits));
    this.shared = shared;
    this.#appPort = appPort;
    this.fallbackHost = `localhost:${appPort}`;
    const { namespace, workload } = shared.view.self;
    this.selfLabel = `${namespace}/${workload}`;
    this.#apps = shared.appAddresses.map((address) => plainEndpoint(address, appPort, workload));
    this.preferredApp = this.#apps[0] as EndpointState;
  }

  /** An address of the application that is not among `tried`, or null. */
  otherApp(tried: readonly EndpointState[]): EndpointState | null {
    return this.#apps.find((app) => !tried.includes(app)) ?? null;
  }

  protected override readonly direction = "inbound";

  protected override createExchange(): Exchange {
    return new InboundExchange(this);
  }

  override describe(record: TrafficRecord, { transport, source, remoteAddress }: Downstream): void {
    record.service = this.stack()?.service ?? "";
    record.destination = this.selfLabel;
    if (record.source === "") record.source = sourceLabel(source, undefined, remoteAddress);
    record.mtls = transport.mtls;
    record.peerIdentity = transport.peerIdentity;
  }

  override sourceOf(transport: Transport): Source {
    return sourceOfPeer(transport.peerIdentity);
  }

  stack(): InboundStack | undefined {
    return this.shared.view.inbound(this.#appPort);
  }
}
