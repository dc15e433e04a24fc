import { API, type CaStatus, type ProxyStatus, type RotateRequest, type RotateResponse } from "../../../api/contract.ts";
import { EXIT, UserError } from "../../../lib/errors.ts";
import { splitName } from "../../cert/holder.ts";
import { currentCertificates, type Renewal, waitRenewed } from "../../cert/wait-renewed.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { parseDuration } from "../../options/values.ts";
import { createStyle } from "../../output/style.ts";
import { whatExists } from "../../split/backends.ts";

interface RotateOptions {
  readonly all?: boolean;
  readonly issuer?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

const TIMEOUT_MS = 60_000;

export const command = defineCommand<RotateOptions>({
  description:
    "Has workloads renew their certificates now, or the certificate authority its issuer (and every workload after it), and waits " +
    "until they have. Nothing is interrupted: old certificates stay good until they end. Certificates of `cert issue` are not renewed.",
  arguments: [{ syntax: "[name]", description: "one workload: NAME or NAMESPACE/NAME", completes: "workload" }],
  options: [
    { flags: "--all", description: "every workload" },
    { flags: "--issuer", description: "a new issuer under the same root, then every workload" },
    { flags: "--timeout <duration>", description: "how long to wait for them (default: 60s)", parse: parseDuration },
  ],
  examples: [
    { line: "meshctl cert rotate api1", text: "One workload" },
    { line: "meshctl cert rotate --all --timeout 2m", text: "All of them" },
    { line: "meshctl cert rotate --issuer", text: "The issuer, and then all of them" },
  ],
  run,
});

async function run(context: Context, options: RotateOptions, name: string | undefined): Promise<number> {
  const chosen = [name !== undefined, options.all ?? false, options.issuer ?? false].filter(Boolean).length;
  if (chosen !== 1) throw new UserError("rotate what?", { hint: "Give exactly one: a name, --all or --issuer.", exitCode: EXIT.USAGE });
  return options.issuer ? rotateIssuer(context, options) : rotateLeaves(context, options, name);
}

async function rotateLeaves(context: Context, options: RotateOptions, name: string | undefined): Promise<number> {
  const { timeout = TIMEOUT_MS } = options;
  const client = await context.client();
  const before = await currentCertificates(context);
  const wanted: RotateRequest[] =
    name === undefined ? [{ all: true }] : (await instancesOf(context, name)).map((instance) => ({ instance }));
  const answers: RotateResponse[] = [];
  for (const request of wanted) answers.push(await client.request<RotateResponse>("POST", API.ROTATE, request));
  const asked = answers.flatMap((answer) => answer.asked);
  if (asked.length === 0) {
    context.say("No proxy is connected: nothing to rotate.");
    return EXIT.OK;
  }
  const said = new Set<string>();
  const { renewals, interrupted } = await waitRenewed(
    context,
    asked,
    before,
    ({ instance, serial }) => serial !== before.get(instance)?.serial,
    timeout,
    (renewed) => {
      for (const one of renewed.filter(({ instance }) => !said.has(instance))) {
        said.add(one.instance);
        context.print(`${one.instance}: ${one.before?.serial ?? "none"} → ${one.after?.serial ?? ""}`);
      }
    },
  );
  return outcome(context, renewals, interrupted, timeout);
}

async function rotateIssuer(context: Context, options: RotateOptions): Promise<number> {
  const { timeout = TIMEOUT_MS } = options;
  const client = await context.client();
  const before = await currentCertificates(context);
  const old = await client.request<CaStatus>("GET", API.CA);
  const proxies = (await client.request<ProxyStatus[]>("GET", API.PROXIES)).filter(({ connected }) => connected);
  const now = await client.request<CaStatus>("POST", API.CA_ROTATE_ISSUER);
  context.print(`issuer: ${old.issuer.serial} → ${now.issuer.serial}`);
  const { renewals, interrupted } = await waitRenewed(
    context,
    proxies.map(({ namespace, instance }) => `${namespace}/${instance}`),
    before,
    ({ issuer }) => issuer === now.issuer.subject,
    timeout,
    (renewed) => context.say(`${renewed.length} of ${proxies.length} proxies have a certificate of the new issuer`),
  );
  return outcome(context, renewals, interrupted, timeout);
}

function outcome(context: Context, renewals: readonly Renewal[], interrupted: boolean, timeoutMs: number): number {
  const style = createStyle(context.colour.stderr);
  const late = renewals.filter(({ after }) => after === null).map(({ instance }) => instance);
  if (late.length === 0) {
    context.say(`${style.good("√")} ${renewals.length === 1 ? "renewed" : `${renewals.length} renewed`}`);
    return EXIT.OK;
  }
  context.say(`${style.bad("×")} not renewed${interrupted ? " yet" : ` within ${timeoutMs / 1000} s`}: ${late.join(", ")}`);
  context.say("  They have been asked and go on trying. See `meshctl proxy-status` and `meshctl check`.");
  return interrupted ? EXIT.INTERRUPTED : EXIT.NOT_FINE;
}

/** `namespace/instance` of each connected proxy of that name. */
async function instancesOf(context: Context, text: string): Promise<string[]> {
  const [namespace, name] = splitName(text, await context.namespace());
  const all = await (await context.client()).request<ProxyStatus[]>("GET", API.PROXIES);
  const found = all.filter((proxy) => proxy.namespace === namespace && (proxy.instance === name || proxy.workload === name));
  const connected = found.filter((proxy) => proxy.connected).map((proxy) => `${proxy.namespace}/${proxy.instance}`);
  if (connected.length > 0) return connected;
  if (found.length > 0) {
    throw new UserError(`the proxy of ${namespace}/${name} is not connected`, {
      hint: "`meshctl proxy-status` and `meshctl check` say more.",
    });
  }
  const names = all.map((proxy) => `${proxy.namespace}/${proxy.instance}`);
  throw new UserError(`there is no workload ${namespace}/${name}`, { hint: whatExists("workload", `${namespace}/${name}`, names) });
}
