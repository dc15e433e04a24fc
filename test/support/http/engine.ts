import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { Wheel } from "../../../src/lib/wheel.ts";
import {
  type ConfigView,
  DEFAULT_LIMITS,
  type Dialer,
  type ExchangeRecord,
  type HttpServerSide,
  type Limits,
  type Observer,
  type Transport,
} from "../../../src/proxy/contract.ts";
import { RequestIds } from "../../../src/proxy/http/request-ids.ts";
import type { Engine } from "../../../src/proxy/http/server-side.ts";
import { Outbox } from "../../../src/proxy/http1/outbox.ts";
import { DEFAULT_OVERLOAD_LIMITS, type OverloadLimits } from "../../../src/proxy/overload/limits.ts";
import { Overload } from "../../../src/proxy/overload/overload.ts";
import { InboundHttp } from "../../../src/proxy/inbound/inbound-http.ts";
import { Tracer } from "../../../src/proxy/trace/tracer.ts";
import { OutboundHttp } from "../../../src/proxy/outbound/outbound-http.ts";
import { APP_ON_LOOPBACK } from "../../../src/proxy/plain-endpoint.ts";

export function plain(socket: Socket): Transport {
  return { socket, peerIdentity: "", mtls: false, alpn: "" };
}

/** Plaintext connections; `dress` may pretend that one is mutual TLS. */
export function plainDialer(dress: (socket: Socket, identity: string) => Transport = plain): Dialer {
  return {
    dial(state, _want, up, failed) {
      const { address, port, identity } = state.endpoint;
      const socket = connect({ host: address, port, allowHalfOpen: true });
      const onError = (error: Error) => failed("connect-failed", error.message);
      socket.once("error", onError);
      socket.once("connect", () => {
        socket.off("error", onError);
        up(dress(socket, identity));
      });
    },
  };
}

class RecordingObserver implements Observer {
  wantsHeaders = false;
  wantsDetails = true;
  readonly records: ExchangeRecord[] = [];

  ended(record: ExchangeRecord): void {
    this.records.push({ ...record });
  }
}

export interface TestEngine {
  readonly engine: Engine;
  readonly observer: RecordingObserver;
  readonly outbound: OutboundHttp;
  readonly inbound: InboundHttp;
  /** Listens on loopback and serves with `side`; returns the port. */
  listen(side: HttpServerSide, dress?: (socket: Socket) => Transport): Promise<number>;
  close(): Promise<void>;
}

export interface TestEngineOptions {
  readonly view: ConfigView;
  readonly dialer?: Dialer;
  readonly limits?: Partial<Limits>;
  /** None begins a trace by itself when absent. */
  readonly tracesPerMillion?: number;
  readonly overloadLimits?: Partial<OverloadLimits>;
  /** Time of requests and connections; the machine's when absent. */
  readonly clock?: Clock;
  readonly opaque?: (transport: Transport, destination: string) => void;
}

/** The HTTP engine in this process, on plaintext connections. */
export function startEngine(options: TestEngineOptions): TestEngine {
  const observer = new RecordingObserver();
  const random = seededRandom(1);
  const { clock = systemClock } = options;
  const engine: Engine = {
    clock,
    wheel: new Wheel(clock, 10),
    random,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    observer,
    overload: new Overload({
      clock,
      limits: { ...DEFAULT_OVERLOAD_LIMITS, ...options.overloadLimits },
      changed: () => {},
      lag: () => {},
    }),
    requestIds: new RequestIds(random),
    tracer: new Tracer(random, options.tracesPerMillion ?? 0),
    outbox: new Outbox(),
  };
  const dialer = options.dialer ?? plainDialer();
  const { view } = options;
  const outbound = new OutboundHttp({ engine, view, dialer, opaque: options.opaque ?? ((transport) => transport.socket.destroy()) });
  const inbound = new InboundHttp({ engine, view, dialer, appAddresses: APP_ON_LOOPBACK });
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  return {
    engine,
    observer,
    outbound,
    inbound,
    async listen(side, dress = plain) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        side.serve(dress(socket));
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return (server.address() as AddressInfo).port;
    },
    async close() {
      outbound.close();
      inbound.close();
      for (const socket of sockets) socket.destroy();
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
    },
  };
}
