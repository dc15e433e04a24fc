import type { ConfigView, Dialer, HttpServerSide } from "../contract.ts";
import { afterOneHop } from "../http1/codec/head.ts";
import type { Engine } from "../http/server-side.ts";
import { POOL_DEFAULTS, Pools } from "../pool/pools.ts";
import { InboundSide } from "./inbound-side.ts";

export interface InboundOptions {
  readonly engine: Engine;
  readonly view: ConfigView;
  readonly dialer: Dialer;
  /** Where the application may listen, tried in this order. */
  readonly appAddresses: readonly string[];
}

/** What all inbound listeners of a proxy share. */
export interface InboundShared {
  readonly engine: Engine;
  readonly view: ConfigView;
  readonly pools: Pools;
  readonly appAddresses: readonly string[];
}

/** The mesh's side of the HTTP engine: requests for the application beside this proxy. */
export class InboundHttp {
  readonly #shared: InboundShared;

  constructor(options: InboundOptions) {
    const { engine, view, dialer } = options;
    const { clock, wheel, outbox, limits } = engine;
    const pools = new Pools({ ...POOL_DEFAULTS, dialer, clock, wheel, outbox, limits: afterOneHop(limits) });
    this.#shared = { engine, view, pools, appAddresses: options.appAddresses };
  }

  /** For the listener of one port of the application. */
  port(appPort: number): HttpServerSide {
    return new InboundSide(this.#shared, appPort);
  }

  get upstreamConnections(): number {
    return this.#shared.pools.openConnections;
  }

  close(): void {
    this.#shared.pools.close();
  }
}
