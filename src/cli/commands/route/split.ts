import { EXIT, UserError } from "../../../lib/errors.ts";
import { type Service, serviceKind } from "../../../model/kinds/service.ts";
import { keyOf } from "../../../model/object.ts";
import { allKinds } from "../../../policies/kinds.ts";
import type { HTTPRoute } from "../../../policies/route/http-route.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { parsePort } from "../../options/values.ts";
import { asManifest } from "../../output/manifest.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";
import { kindName } from "../../resources/names.ts";
import { resolveKind } from "../../resources/select.ts";
import { store } from "../../resources/store.ts";
import { chooseBackends, choosePort, knownBackends, parseBackend, requireHttp, whatExists } from "../../split/backends.ts";
import { askWeights, versionsToAsk } from "../../split/ask.ts";
import { findRivals } from "../../split/rivals.ts";
import { requirePlainSplit, splitName, splitRoute } from "../../split/route.ts";
import type { Weight } from "../../split/types.ts";
import { describeWeights, parseWeight, requireSplit } from "../../split/weights.ts";

interface SplitOptions {
  readonly weight?: readonly Weight[];
  readonly backend?: readonly ReturnType<typeof parseBackend>[];
  readonly port?: number;
  readonly dryRun?: boolean;
  readonly output: "text" | "json" | "yaml";
}

export const command = defineCommand<SplitOptions>({
  description:
    "Sets how much of a service's traffic each of its versions gets, by weights. The weights are the whole split: a version " +
    "that is not named gets nothing. Written as HTTPRoute SERVICE-split; `meshctl delete httproute SERVICE-split` ends it.",
  arguments: [{ syntax: "<service>", description: "the service that callers name", completes: "service" }],
  options: [
    {
      flags: "--weight <version=n>",
      description: "share of a version, a whole number from 0; repeatable. On a terminal, asked for where none is given",
      parse: parseWeight,
      repeatable: true,
      completes: "version",
    },
    {
      flags: "--backend <version=service:port>",
      description: "the Service behind a version, where it is not SERVICE-VERSION; repeatable",
      parse: parseBackend,
      repeatable: true,
      completes: "service",
    },
    { flags: "--port <port>", description: "port of the service, where it has several", parse: parsePort },
    { flags: "--dry-run", description: "judge and print the route, write nothing" },
    { flags: "-o, --output <format>", description: "how to print the result", choices: ["text", "json", "yaml"], default: "text" },
  ],
  examples: [
    { line: "meshctl route split api --weight v1=90 --weight v2=10", text: "One request in ten to the new version" },
    { line: "meshctl route split api --weight v1=90 --weight v2=10 --dry-run -o yaml", text: "The route as a file, to keep in git" },
    {
      line: "meshctl route split api --port 80 --weight blue=1 --weight green=1 --backend blue=api-v1:80 --backend green=api-v2:80",
      text: "Services of your own",
    },
    { line: "meshctl route split api", text: "On a terminal: asks for the weight of each version" },
  ],
  run,
});

async function run(context: Context, options: SplitOptions, name: string): Promise<number> {
  // With somebody to ask, the rest is looked up first; without, no weights are a mistake.
  const ask = options.weight === undefined ? context.openPrompt : null;
  if (ask === null) requireSplit(options.weight ?? []);
  const namespace = await context.namespace();
  const client = await context.client();
  const services = (await client.list<Service>(serviceKind, { namespace })).items;
  const service = services.find(({ metadata }) => metadata.name === name);
  if (!service) {
    const names = services.map(({ metadata }) => metadata.name);
    throw new UserError(`there is no service ${name} in namespace ${namespace}`, { hint: whatExists("service", name, names) });
  }
  const port = choosePort(service, options.port);
  requireHttp(service, port);
  const known = knownBackends(name, port.port, services);
  const kind = resolveKind("httproutes.gateway.networking.k8s.io", allKinds());
  const routes = (await client.list<HTTPRoute>(kind)).items;
  const existing = routes.find((route) => keyOf(route) === `${namespace}/${splitName(name)}`) ?? null;
  if (existing) requirePlainSplit(existing, name);
  const named = options.backend ?? [];
  const weights = ask === null ? (options.weight ?? []) : await askWeights(await ask(), name, versionsToAsk(known, named), existing);
  if (weights === null) return EXIT.INTERRUPTED;
  const backends = chooseBackends(weights, named, known, services, port.port);
  const wanted = splitRoute({ namespace, service: name, port: port.port }, backends, weights, existing);
  const { winner, partial } = findRivals(routes, name, port.port, wanted);
  if (winner) {
    throw new UserError(`HTTPRoute ${keyOf(winner)} stands on service ${name} already and would win over the split`, {
      hint: `Change that route, or delete it: meshctl delete httproute ${winner.metadata.name} -n ${namespace}`,
      exitCode: EXIT.REFUSED,
    });
  }

  const { object, change } = await store(client, kind, existing, wanted, options.dryRun ?? false);
  const printed = options.dryRun ? asManifest(object) : object;
  if (options.output === "yaml") context.print(formatYaml(printed));
  else if (options.output === "json") context.print(formatJson(printed));
  else {
    context.print(`${kindName(kind)}/${object.metadata.name} ${change}${options.dryRun ? " (dry run)" : ""}`);
    context.print(
      describeWeights(
        weights,
        known.map(({ version }) => version),
      ),
    );
  }
  for (const { route, what } of partial) context.say(`Note: ${what} go by HTTPRoute ${keyOf(route)}, not by the split.`);
  return EXIT.OK;
}
