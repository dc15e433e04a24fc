import { type EdgeLabels, OTHER, peerLabel } from "./traffic-deltas.ts";

/** How many TCP connections are open on one edge. */
export interface OpenEdge {
  readonly labels: EdgeLabels;
  readonly open: number;
}

/** What is asked of a connection; the proxy's ExchangeRecord fits. */
export type OpenConnection = Pick<EdgeLabels, "direction" | "protocol" | "service" | "source" | "destination" | "mtls"> & {
  readonly routeLabel: string;
};

/** Edges kept apart; what is on more is counted on one of them all. */
const MAX_EDGES = 1_000;
const REST: EdgeLabels = Object.freeze({
  direction: OTHER,
  protocol: OTHER,
  service: OTHER,
  source: OTHER,
  destination: OTHER,
  mtls: false,
  route: OTHER,
});

/** Open connections by edge, by {@link edgeKey}. */
export function openEdges(connections: Iterable<OpenConnection>): Map<string, OpenEdge> {
  const edges = new Map<string, OpenEdge>();
  for (const { direction, protocol, service, source, destination, mtls, routeLabel } of connections) {
    let labels: EdgeLabels = {
      direction,
      protocol,
      service,
      source: peerLabel(source),
      destination: peerLabel(destination),
      mtls,
      route: routeLabel,
    };
    let key = edgeKey(labels);
    if (!edges.has(key) && edges.size >= MAX_EDGES) [labels, key] = [REST, edgeKey(REST)];
    edges.set(key, { labels, open: (edges.get(key)?.open ?? 0) + 1 });
  }
  return edges;
}

/** Tells edges apart. */
export function edgeKey({ direction, protocol, service, source, destination, mtls, route }: EdgeLabels): string {
  return [direction, protocol, service, source, destination, mtls, route].join("\0");
}
