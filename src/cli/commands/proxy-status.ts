import { API, type ProxyStatus } from "../../api/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { ALL_NAMESPACES, WATCH } from "../options/output.ts";
import { createStyle } from "../output/style.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { Table } from "../output/table.ts";
import { describeProxy, PROXY_HEADERS, PROXY_WIDE_HEADERS, proxyRow } from "../proxies/format.ts";
import { sleepUnless } from "../wait.ts";
import { whatExists } from "../split/backends.ts";

interface ProxyStatusOptions {
  readonly output: "table" | "wide" | "json" | "yaml";
  readonly watch?: boolean;
  readonly allNamespaces?: boolean;
}

const WATCH_EVERY_MS = 1_000;

export const command = defineCommand<ProxyStatusOptions>({
  description:
    "Shows what each proxy has of its configuration: SYNCED (the last it acknowledged is the last that was sent), STALE (no answer " +
    "for over 5 s), NACK (it refused the last), NOT SENT (it has not asked for any). With a name: everything it holds, and why it refused.",
  arguments: [{ syntax: "[name]", description: "one proxy: NAME or NAMESPACE/NAME", completes: "workload" }],
  options: [
    { flags: "-o, --output <format>", description: "how to print it", choices: ["table", "wide", "json", "yaml"], default: "table" },
    WATCH,
    ALL_NAMESPACES,
  ],
  examples: [
    { line: "meshctl proxy-status -A", text: "Every proxy" },
    { line: "meshctl proxy-status web", text: "One, with what it holds and why it refused" },
    { line: "meshctl proxy-status -o wide -w", text: "Go on with every change" },
  ],
  run,
});

async function run(context: Context, options: ProxyStatusOptions, name: string | undefined): Promise<number> {
  const signal = options.watch ? context.interrupts.takeOver() : null;
  let previous = "";
  for (;;) {
    const { proxies, lines } = name === undefined ? await list(context, options) : await one(context, options, name);
    const state = JSON.stringify(proxies.map(lasting));
    if (state !== previous) {
      if (previous !== "") context.print("");
      for (const line of lines) context.print(line);
    }
    previous = state;
    if (signal === null || (await sleepUnless(signal, context.clock, WATCH_EVERY_MS))) return EXIT.OK;
  }
}

interface Screen {
  readonly proxies: readonly ProxyStatus[];
  readonly lines: readonly string[];
}

/** What is worth a new screen when it changes: everything but clocks, and ages, which pass by themselves. */
function lasting({ clockSkewMs: _skew, ...rest }: ProxyStatus): object {
  return rest;
}

async function list(context: Context, options: ProxyStatusOptions): Promise<Screen> {
  const client = await context.client();
  const all = await client.request<ProxyStatus[]>("GET", API.PROXIES);
  const namespace = options.allNamespaces || context.globals.namespace === undefined ? null : context.globals.namespace;
  const proxies = all.filter((proxy) => namespace === null || proxy.namespace === namespace);
  if (options.output === "json") return { proxies, lines: [formatJson(proxies)] };
  if (options.output === "yaml") return { proxies, lines: [formatYaml(proxies)] };
  if (proxies.length === 0) {
    context.say("No proxies: nothing runs in the mesh yet.");
    return { proxies, lines: [] };
  }
  const wide = options.output === "wide";
  const table = new Table(wide ? PROXY_WIDE_HEADERS : PROXY_HEADERS);
  const style = createStyle(context.colour.stdout);
  const lines = table.lines(proxies.map((proxy) => proxyRow(proxy, context.clock.nowMs(), style, wide)));
  return { proxies, lines: [table.heading(), ...lines] };
}

async function one(context: Context, options: ProxyStatusOptions, name: string): Promise<Screen> {
  const client = await context.client();
  const [namespace, instance] = await find(context, name);
  const path = API.PROXY.replace(":namespace", encodeURIComponent(namespace)).replace(":instance", encodeURIComponent(instance));
  const proxy = await client.request<ProxyStatus>("GET", path);
  if (options.output === "json") return { proxies: [proxy], lines: [formatJson(proxy)] };
  if (options.output === "yaml") return { proxies: [proxy], lines: [formatYaml(proxy)] };
  return { proxies: [proxy], lines: describeProxy(proxy, context.clock.nowMs(), createStyle(context.colour.stdout)) };
}

/** `web`, `default/web` → namespace and instance. */
async function find(context: Context, name: string): Promise<[string, string]> {
  const [first = "", second] = name.split("/");
  const [namespace, instance] = second === undefined ? [await context.namespace(), first] : [first, second];
  const all = await (await context.client()).request<ProxyStatus[]>("GET", API.PROXIES);
  const found = all.find((proxy) => proxy.namespace === namespace && (proxy.instance === instance || proxy.workload === instance));
  if (found) return [found.namespace, found.instance];
  const names = all.map((proxy) => `${proxy.namespace}/${proxy.instance}`);
  throw new UserError(`there is no proxy ${namespace}/${instance}`, { hint: whatExists("proxy", `${namespace}/${instance}`, names) });
}
