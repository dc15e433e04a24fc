import type { Service } from "../../compile/objects.ts";
import { servicePorts } from "../../compile/outbound.ts";
import { carriesHttp, protocolOf } from "../../compile/protocol.ts";
import type { MeshStore } from "../../compile/store.ts";
import { CONTROLLER_NAME } from "../../messages/names.ts";
import { routeVerdicts } from "../../policies/route/conditions.ts";
import { type HTTPRoute, isServiceParent, type ParentRef, type RouteParentStatus } from "../../policies/route/http-route.ts";
import { datedConditions, sameConditions } from "./conditions.ts";

/** The route's status with our entries renewed and others' untouched; null when it is right already. */
export function routeStatus(store: MeshStore, route: HTTPRoute, nowMs: number): { parents: RouteParentStatus[] } | null {
  const present = route.status?.parents ?? [];
  const others = present.filter((entry) => entry.controllerName !== CONTROLLER_NAME);
  const ours = present.filter((entry) => entry.controllerName === CONTROLLER_NAME);
  const wanted = (route.spec?.parentRefs ?? []).filter(isServiceParent).map((parentRef) => {
    const before = ours.find((entry) => sameRef(entry.parentRef, parentRef))?.conditions ?? [];
    const verdicts = routeVerdicts(route, parentRef, (name) => servicePorts(store, name), parentOf(store, route, parentRef));
    return {
      parentRef,
      controllerName: CONTROLLER_NAME,
      conditions: datedConditions(verdicts, before, route.metadata.generation, nowMs),
    };
  });
  const same =
    wanted.length === ours.length &&
    wanted.every((entry) => {
      const before = ours.find((other) => sameRef(other.parentRef, entry.parentRef));
      return before !== undefined && sameConditions(before.conditions, entry.conditions);
    });
  return same ? null : { parents: [...others, ...wanted] };
}

function parentOf(store: MeshStore, route: HTTPRoute, ref: ParentRef) {
  const service = store.get<Service>("Service", `${ref.namespace ?? route.metadata.namespace ?? "default"}/${ref.name}`);
  if (service === undefined) return undefined;
  const ports = service.spec?.ports ?? [];
  return {
    ports: ports.map((port) => port.port),
    portNames: ports.map((port) => port.name ?? ""),
    carriesHttp(number: number) {
      const port = ports.find((candidate) => candidate.port === number);
      return port !== undefined && carriesHttp(protocolOf(port));
    },
  };
}

function sameRef(a: ParentRef, b: ParentRef): boolean {
  return (
    (a.group ?? "") === (b.group ?? "") &&
    (a.kind ?? "") === (b.kind ?? "") &&
    a.namespace === b.namespace &&
    a.name === b.name &&
    a.port === b.port &&
    a.sectionName === b.sectionName
  );
}
