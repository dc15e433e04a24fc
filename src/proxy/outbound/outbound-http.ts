import type { EndpointState } from "../../decide/contract.ts";
import type { ConfigView, Dialer, HttpServerSide, Transport } from "../contract.ts";
import { afterOneHop } from "../http1/codec/head.ts";
import type { Engine } from "../http/server-side.ts";
import { POOL_DEFAULTS, Pools } from "../pool/pools.ts";
import { OutboundSide } from "./outbound-side.ts";

/** Takes over a connection whose CONNECT was answered, as an opaque stream to `destination` (src/proxy/tcp). */
type OpenOpaque = (transport: Transport, destination: string) => void;

export interface OutboundOptions {
  readonly engine: Engine;
  readonly view: ConfigView;
  readonly dialer: Dialer;
  readonly opaque: OpenOpaque;
}

/** What all outbound listeners of a proxy share. */
export interface OutboundShared {
  readonly engine: Engine;
  readonly view: ConfigView;
  readonly opaque: OpenOpaque;
  readonly pools: Pools;
}

/** The application's side of the HTTP engine: its requests go out into the mesh. */
export class OutboundHttp {
  readonly #shared: OutboundShared;

  constructor(options: OutboundOptions) {
    const { engine, view, dialer, opaque } = options;
    const { clock, wheel, outbox, limits } = engine;
    this.#shared = {
      engine,
      view,
      opaque,
      pools: new Pools({ ...POOL_DEFAULTS, dialer, clock, wheel, outbox, limits: afterOneHop(limits) }),
    };
  }

  /** For a listener tied to one destination, `namespace/service:port`. */
  upstream(destination: string): HttpServerSide {
    return new OutboundSide(this.#shared, destination);
  }

  /** For the HTTP_PROXY listener: absolute-form targets and CONNECT. */
  proxy(): HttpServerSide {
    return new OutboundSide(this.#shared, null);
  }

  /** These endpoints are gone: their idle connections end now, busy ones after their answer. */
  retire(states: readonly EndpointState[]): void {
    for (const state of states) this.#shared.pools.retire(state);
  }

  get upstreamConnections(): number {
    return this.#shared.pools.openConnections;
  }

  /** Ends idle upstream connections; for the end of the process. */
  close(): void {
    this.#shared.pools.close();
  }
}
