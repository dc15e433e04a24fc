import { API, type IssuedCertificate } from "../../../api/contract.ts";
import { formatAge } from "../../../lib/age.ts";
import { EXIT } from "../../../lib/errors.ts";
import { holderOf, namespaceOf } from "../../cert/holder.ts";
import { formatLeft } from "../../cert/life.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { ALL_NAMESPACES } from "../../options/output.ts";
import { createStyle, type Style } from "../../output/style.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";
import { formatTable } from "../../output/table.ts";

interface ListOptions {
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly output: "table" | "wide" | "json" | "yaml";
}

export const command = defineCommand<ListOptions>({
  description:
    "Lists the certificates the mesh has issued, newest first: of workloads, of clients outside the mesh (`cert issue`) and of the " +
    "controller. Only each holder's current one, unless --all.",
  options: [
    ALL_NAMESPACES,
    { flags: "--all", description: "also superseded ones that are still valid, and lately expired ones" },
    { flags: "-o, --output <format>", description: "how to print it", choices: ["table", "wide", "json", "yaml"], default: "table" },
  ],
  examples: [
    { line: "meshctl cert list -A", text: "Everybody's" },
    { line: "meshctl cert list --all -o wide", text: "With what came before, and who signed" },
  ],
  run,
});

async function run(context: Context, options: ListOptions): Promise<number> {
  const issued = await (await context.client()).request<IssuedCertificate[]>("GET", API.ISSUED);
  const namespace = options.allNamespaces ? null : await context.namespace();
  const shown = issued.filter(
    (certificate) => (options.all || certificate.state === "current") && (namespace === null || namespaceOf(certificate) === namespace),
  );
  if (options.output === "json") context.print(formatJson(shown));
  else if (options.output === "yaml") context.print(formatYaml(shown));
  else if (shown.length === 0) context.say(namespace === null ? "No certificates." : `No certificates in namespace ${namespace}.`);
  else printTable(context, options, shown);
  return EXIT.OK;
}

function printTable(context: Context, options: ListOptions, shown: readonly IssuedCertificate[]): void {
  const wide = options.output === "wide";
  const headers = ["name", "serial", "state", "age", "expires", "via"];
  if (options.allNamespaces) headers.unshift("namespace");
  if (wide) headers.push("identity", "issuer");
  const style = createStyle(context.colour.stdout);
  const nowMs = context.clock.nowMs();
  const rows = shown.map((certificate) => [
    ...(options.allNamespaces ? [namespaceOf(certificate)] : []),
    ...row(certificate, nowMs, style),
    ...(wide ? [certificate.identity, certificate.issuer] : []),
  ]);
  for (const line of formatTable(headers, rows)) context.print(line);
}

function row(certificate: IssuedCertificate, nowMs: number, style: Style): string[] {
  return [
    holderOf(certificate),
    certificate.serial,
    certificate.state === "current" ? certificate.state : style.dim(certificate.state),
    formatAge(nowMs - Date.parse(certificate.issuedAt)),
    formatLeft(certificate.notBefore, certificate.notAfter, nowMs, style),
    certificate.via,
  ];
}
