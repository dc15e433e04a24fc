import type { EndpointState } from "../../decide/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import { UserError } from "../../lib/errors.ts";
import { loadOriginalDestination } from "../../lib/original-destination.ts";
import type { Random } from "../../lib/random.ts";
import { Wheel } from "../../lib/wheel.ts";
import type { Bootstrap, CapturedTraffic } from "../../messages/bootstrap.ts";
import type { ConfigView, ExchangeRecord, Limits, Observer } from "../contract.ts";
import { RequestIds } from "../http/request-ids.ts";
import { Outbox } from "../http1/outbox.ts";
import type { Engine } from "../http/server-side.ts";
import { InboundHttp } from "../inbound/inbound-http.ts";
import { bytesHeld } from "../overload/held.ts";
import type { Overload } from "../overload/overload.ts";
import { OutboundHttp } from "../outbound/outbound-http.ts";
import { InboundTcp } from "../tcp/inbound.ts";
import { OutboundTcp } from "../tcp/outbound.ts";
import type { RefusedConnection } from "../tls/acceptor.ts";
import type { CredentialSource } from "../tls/credentials.ts";
import { MeshDialer, type SelfDialing } from "../tls/dialer.ts";
import { MeshConnections } from "../tls/mesh-connections.ts";
import type { PeerCheck } from "../tls/peer.ts";
import { APP_ON_LOOPBACK } from "../plain-endpoint.ts";
import type { Tracer } from "../trace/tracer.ts";
import { bytesInWires } from "../wire.ts";
import { InboundListeners } from "./inbound-listeners.ts";
import { OutboundListeners } from "./outbound-listeners.ts";

export interface TrafficOptions {
  readonly view: ConfigView;
  readonly source: CredentialSource;
  readonly check: PeerCheck;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly random: Random;
  readonly tracer: Tracer;
  readonly limits: Limits;
  readonly overload: Overload;
  /** Of the bootstrap. */
  readonly instance: string;
  readonly captured: CapturedTraffic | undefined;
  refused(refusal: RefusedConnection): void;
  /** A mutual TLS connection stands, whoever opened it. */
  meshOpened(alpn: string): void;
  /** Nobody spoke on a connection to `service` whose protocol is not declared. */
  silent(service: string): void;
}

/** Ports that were bound, in the order of the bootstrap's lists. */
export interface TrafficPorts {
  readonly inbound: readonly number[];
  readonly upstreams: readonly number[];
  readonly outbound: number;
}

/** Everything that carries the application's bytes: listeners, HTTP engine, opaque TCP, and the dialler under them. */
export class Traffic {
  readonly inbound: InboundListeners;
  readonly outbound: OutboundListeners;
  readonly #connections: MeshConnections;
  readonly #inboundHttp: InboundHttp;
  readonly #outboundHttp: OutboundHttp;
  readonly #inboundTcp: InboundTcp;
  readonly #outboundTcp: OutboundTcp;

  constructor(options: TrafficOptions) {
    const { view, source, check, observer, clock, random, tracer, limits, overload, instance, captured, refused, meshOpened, silent } =
      options;
    this.#connections = new MeshConnections(source, check, clock, meshOpened);
    const connections = this.#connections;
    const self: SelfDialing = { instance, listener: (appPort) => this.inbound.portForSelf(appPort) };
    const dialer = new MeshDialer({
      source,
      check,
      connections,
      clock,
      connectTimeoutMs: limits.connectTimeoutMs,
      ...(captured === undefined ? {} : { self }),
    });
    const engine: Engine = {
      clock,
      wheel: new Wheel(clock),
      random,
      limits,
      overload,
      observer,
      requestIds: new RequestIds(random),
      tracer,
      outbox: new Outbox(),
    };
    const appAddresses = captured?.addresses ?? APP_ON_LOOPBACK;
    this.#inboundTcp = new InboundTcp({ config: view, observer, clock, random, limits, appAddresses });
    this.#outboundTcp = new OutboundTcp({ config: view, dialer, observer, clock, random, limits });
    this.#inboundHttp = new InboundHttp({ engine, view, dialer, appAddresses });
    this.#outboundHttp = new OutboundHttp({
      engine,
      view,
      dialer,
      opaque: (transport, destination) => this.outbound.tunnel(transport, destination),
    });
    this.inbound = new InboundListeners({
      config: view,
      source,
      check,
      connections,
      http: this.#inboundHttp,
      tcp: this.#inboundTcp,
      observer,
      clock,
      limits,
      overload,
      refused,
    });
    this.outbound = new OutboundListeners({
      config: view,
      http: this.#outboundHttp,
      tcp: this.#outboundTcp,
      clock,
      limits,
      overload,
      silent,
    });
    for (const source of [bytesInWires, bytesHeld]) overload.memory.add(source);
    for (const { connections: opaque } of [this.#inboundTcp, this.#outboundTcp]) overload.memory.add(() => opaque.bufferedBytes);
  }

  /** Rejects with a UserError for a port that cannot be had, or where redirected connections cannot be told apart. */
  async open(bootstrap: Bootstrap): Promise<TrafficPorts> {
    const inbound = await this.inbound.open(bootstrap.inbound);
    const upstreams = await this.outbound.openUpstreams(bootstrap.upstreams);
    if (bootstrap.captured === undefined) return { inbound, upstreams, outbound: await this.outbound.openProxy(bootstrap.outboundPort) };
    await this.#openCaptured(bootstrap.captured);
    return { inbound, upstreams, outbound: bootstrap.captured.outboundPort };
  }

  async #openCaptured(captured: CapturedTraffic): Promise<void> {
    const originalDestination = loadOriginalDestination();
    if (typeof originalDestination === "string") {
      throw new UserError(`cannot tell where redirected connections were going: ${originalDestination}`, {
        hint: "Install meshctl with its optional dependencies, on Linux.",
      });
    }
    await this.inbound.openCaptured(captured.inboundPort, originalDestination);
    await this.outbound.openCaptured(captured, originalDestination);
  }

  get meshConnections(): number {
    return this.#connections.size;
  }

  /** Opaque connections through which bytes pass now. */
  *openTcp(): Iterable<Readonly<ExchangeRecord>> {
    yield* this.#inboundTcp.connections.records;
    yield* this.#outboundTcp.connections.records;
  }

  /** These endpoints are gone: connections to them end with their work. */
  retire(states: readonly EndpointState[]): void {
    this.#outboundHttp.retire(states);
  }

  /** Breaks off what is left. */
  close(): void {
    this.#inboundTcp.connections.abort();
    this.#outboundTcp.connections.abort();
    this.inbound.close();
    this.outbound.stop();
    this.#inboundHttp.close();
    this.#outboundHttp.close();
    this.#connections.close();
  }
}
