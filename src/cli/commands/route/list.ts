import { formatAge } from "../../../lib/age.ts";
import { EXIT } from "../../../lib/errors.ts";
import { findCondition } from "../../../model/conditions.ts";
import { allKinds } from "../../../policies/kinds.ts";
import { type HTTPRoute, type HTTPRouteRule, isServiceParent } from "../../../policies/route/http-route.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { ALL_NAMESPACES, LIST_OUTPUT, type ListFormat } from "../../options/output.ts";
import { createStyle, type Style } from "../../output/style.ts";
import { Table } from "../../output/table.ts";
import { printObjects } from "../../resources/print.ts";
import { resolveKind } from "../../resources/select.ts";
import { describeMatches } from "../../split/rivals.ts";
import { formatPercent, sumOf } from "../../split/weights.ts";

interface ListOptions {
  readonly output: ListFormat;
  readonly allNamespaces?: boolean;
  readonly service?: string;
}

export const command = defineCommand<ListOptions>({
  description: "Lists HTTP routes, a line for each rule: what it matches and where it sends how much.",
  options: [LIST_OUTPUT, ALL_NAMESPACES, { flags: "--service <name>", description: "only routes on this service", completes: "service" }],
  examples: [
    { line: "meshctl route list", text: "Routes of the namespace" },
    { line: "meshctl route list --service api -A -o wide", text: "Every route on one service, with the judgement about it" },
  ],
  run,
});

async function run(context: Context, options: ListOptions): Promise<number> {
  const client = await context.client();
  const kind = resolveKind("httproutes.gateway.networking.k8s.io", allKinds());
  const list = await client.list<HTTPRoute>(kind, options.allNamespaces ? {} : { namespace: await context.namespace() });
  const routes = list.items.filter((route) => options.service === undefined || parents(route).some(({ name }) => name === options.service));
  const withNamespace = options.allNamespaces ?? false;
  if (options.output === "json" || options.output === "yaml" || options.output === "name") {
    const fetched = [{ kind, items: routes, resourceVersion: list.resourceVersion }];
    printObjects(context, fetched, options.output);
    return EXIT.OK;
  }
  if (routes.length === 0) {
    context.say("No routes: every service's traffic goes to all of its endpoints alike.");
    return EXIT.OK;
  }
  const wide = options.output === "wide";
  const style = createStyle(context.colour.stdout);
  const table = new Table([
    ...(withNamespace ? ["namespace"] : []),
    "name",
    "service",
    "match",
    "backends",
    "accepted",
    "age",
    ...(wide ? ["resolved", "message"] : []),
  ]);
  const nowMs = context.clock.nowMs();
  const lines = table.lines(
    routes.flatMap((route) =>
      (route.spec?.rules ?? []).map((rule) => [
        ...(withNamespace ? [route.metadata.namespace ?? ""] : []),
        route.metadata.name,
        parents(route)
          .map(({ name, port }) => (port === undefined ? name : `${name}:${port}`))
          .join(","),
        describeMatches(rule),
        describeBackends(rule),
        judged(route, "Accepted", style),
        formatAge(nowMs - Date.parse(route.metadata.creationTimestamp ?? "")),
        ...(wide ? [judged(route, "ResolvedRefs", style), messages(route)] : []),
      ]),
    ),
  );
  context.print(table.heading());
  for (const line of lines) context.print(line);
  return EXIT.OK;
}

function parents(route: HTTPRoute) {
  return (route.spec?.parentRefs ?? []).filter(isServiceParent);
}

/** `api-v1 90 %, api-v2 10 %`. */
function describeBackends({ backendRefs = [] }: HTTPRouteRule): string {
  const weighted = backendRefs.map(({ name, weight = 1 }) => ({ name, weight }));
  const sum = sumOf(weighted);
  return weighted.map(({ name, weight }) => (sum === 0 ? `${name} none` : `${name} ${formatPercent(weight, sum)} %`)).join(", ");
}

function judged(route: HTTPRoute, type: string, style: Style): string {
  const judgements = (route.status?.parents ?? []).map(({ conditions }) => findCondition(conditions, type)?.status ?? "Unknown");
  if (judgements.length === 0) return style.dim("Unknown");
  if (judgements.includes("False")) return style.bad("False");
  return judgements.every((status) => status === "True") ? style.good("True") : style.dim("Unknown");
}

function messages(route: HTTPRoute): string {
  const bad = (route.status?.parents ?? []).flatMap(({ conditions }) => conditions.filter(isBad));
  return [...new Set(bad.map(({ message }) => message))].join("; ");
}

/** Most conditions are bad news when false; one says when true that a part is not heeded. */
function isBad({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return status === (type === "PartiallyInvalid" ? "True" : "False");
}
