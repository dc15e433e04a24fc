import type { Endpoint } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Source } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import type { Exchange } from "../http/exchange.ts";
import type { TrafficRecord } from "../exchange-record.ts";
import { ServerSide } from "../http/server-side.ts";
import type { OutboundShared } from "./outbound-http.ts";
import { OutboundExchange } from "./outbound-exchange.ts";

/** One outbound listener: tied to a destination, or (null) the HTTP_PROXY listener that is told by each request. */
export class OutboundSide extends ServerSide {
  readonly shared: OutboundShared;
  readonly destination: string | null;
  /** Host for HTTP/1.0 requests that have none. */
  readonly fallbackHost: string;
  /** `namespace/workload` of this proxy. */
  readonly sourceLabel: string;
  readonly #labels = new WeakMap<Endpoint, string>();

  constructor(shared: OutboundShared, destination: string | null) {
    super(shared.engine);
    this.shared = shared;
    this.destination = destination;
    this.fallbackHost = destination === null ? "" : hostOf(destination);
    const { namespace, workload } = shared.view.self;
    this.sourceLabel = `${namespace}/${workload}`;
  }

  protected override readonly direction = "outbound";

  protected override createExchange(): Exchange {
    return new OutboundExchange(this);
  }

  /** Of many destinations one is overloaded: no reason to let in fewer requests to the others. */
  override pressed(): void {
    if (this.destination !== null) super.pressed();
  }

  override describe(record: TrafficRecord): void {
    record.service = this.destination ?? "";
    record.source = this.sourceLabel;
  }

  override sourceOf(_transport: Transport): Source {
    return this.shared.view.self;
  }

  /** `namespace/workload` of an endpoint, or its address; made once per endpoint. */
  workloadLabel(endpoint: Endpoint): string {
    let label = this.#labels.get(endpoint);
    if (label === undefined) {
      const slash = endpoint.instance.indexOf("/");
      if (endpoint.workload === "") label = endpoint.instance === "" ? `${endpoint.address}:${endpoint.port}` : endpoint.instance;
      else label = `${slash > 0 ? endpoint.instance.slice(0, slash) : ""}/${endpoint.workload}`;
      this.#labels.set(endpoint, label);
    }
    return label;
  }
}

/** `default/api:80` → `api.default`. */
function hostOf(destination: string): string {
  const [, namespace = "", name = "", port = ""] = /^([^/]*)\/([^:]*):(\d+)$/.exec(destination) ?? [];
  return port === "80" ? `${name}.${namespace}` : `${name}.${namespace}:${port}`;
}
