import { API, type StatQuery, type StatResponse } from "../../api/contract.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import { type Endpoint, HttpError } from "../http.ts";
import type { OpenConnections } from "./open-connections.ts";
import { parseStatQuery } from "./query.ts";
import { summarise } from "./summary.ts";
import type { TrafficWindow } from "./window.ts";

const ROUTE_KINDS = ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"] as const;

/** GET stat: what proxies reported, by service, workload or route. A name that neither exists nor had traffic is 404. */
export function statEndpoint(window: TrafficWindow, open: OpenConnections, store: MeshStore, clock: Clock): Endpoint {
  return {
    method: "GET",
    path: API.STAT,
    access: "admin",
    handle(exchange) {
      const query = parseStatQuery(exchange.query, window.windowMs / 1_000);
      const { sinceMs, cells } = window.last(query.seconds * 1_000);
      const untilMs = clock.nowMs();
      const rows = summarise(cells, open.edges, query, untilMs - sinceMs);
      const { kind, name, namespace } = query;
      if (rows.length === 0 && name !== undefined && namespace !== undefined && !exists(store, kind, namespace, name))
        throw new HttpError(404, "NotFound", `${kind} ${namespace}/${name} not found`);
      const answer: StatResponse = { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString(), rows };
      exchange.json(200, answer);
    },
  };
}

function exists(store: MeshStore, kind: StatQuery["kind"], namespace: string, name: string): boolean {
  if (kind === "route") return ROUTE_KINDS.some((route) => store.get(route, `${namespace}/${name}`) !== undefined);
  if (kind === "service") return store.get("Service", `${namespace}/${name}`) !== undefined;
  return store.workloadsIn(namespace).some(({ spec, metadata }: Workload) => spec?.workload === name || metadata.name === name);
}
