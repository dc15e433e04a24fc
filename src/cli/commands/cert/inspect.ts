import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { API, type IssuedCertificate, type TrustBundleResponse } from "../../../api/contract.ts";
import { Asn1Error } from "../../../identity/asn1.ts";
import { formatCertificatesPem, parseCertificatesPem } from "../../../identity/pem.ts";
import { formatAge } from "../../../lib/age.ts";
import { EXIT, messageOf, UserError } from "../../../lib/errors.ts";
import { type Workload, workloadKind } from "../../../model/kinds/workload.ts";
import { chainLines, type DescribedChain, describeChain } from "../../cert/describe-chain.ts";
import { certificatesOf, holderOf, namespaceOf, splitName } from "../../cert/holder.ts";
import { factLines, formatLeft } from "../../cert/life.ts";
import { fetchServedChain } from "../../cert/served-chain.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { createStyle } from "../../output/style.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";
import { whatExists } from "../../split/backends.ts";

interface InspectOptions {
  readonly output: "text" | "json" | "yaml" | "pem";
}

const MAX_FILE_BYTES = 1024 * 1024;
/** What looks like a path is one; a workload's name never does. */
const PATH = /^[.~/]|\.(?:pem|crt|cer)$/;

export const command = defineCommand<InspectOptions>({
  description:
    "Shows the certificate of a workload: what was issued to it and, as far as its mesh port can be reached from here, the chain it " +
    "shows to callers, judged as they judge it. Also takes a PEM file (a path, or a name that ends in .pem, .crt or .cer). " +
    "Exit code 1 when peers would refuse it.",
  arguments: [{ syntax: "<what>", description: "NAME, NAMESPACE/NAME or a PEM file", completes: "workload" }],
  options: [{ flags: "-o, --output <format>", description: "how to print it", choices: ["text", "json", "yaml", "pem"], default: "text" }],
  examples: [
    { line: "meshctl cert inspect api1", text: "Who vouches for it, and until when?" },
    { line: "meshctl cert inspect ./cert.pem", text: "A file, judged by this mesh's roots" },
    { line: "meshctl cert inspect web -o pem | openssl x509 -noout -text", text: "Let openssl say it" },
  ],
  run,
});

async function run(context: Context, options: InspectOptions, what: string): Promise<number> {
  if (!PATH.test(what)) return inspectWorkload(context, options, what);
  const chain = await readChain(resolve(context.cwd, what), what);
  const description = described(chain, await trustOrNull(context), context.clock.nowMs(), what);
  return print(context, options, { file: what }, [], chain, description);
}

async function inspectWorkload(context: Context, options: InspectOptions, what: string): Promise<number> {
  const client = await context.client();
  const trust = await client.request<TrustBundleResponse>("GET", API.TRUST);
  const [namespace, name] = splitName(what, await context.namespace());
  const all = await client.request<IssuedCertificate[]>("GET", API.ISSUED);
  const [issued] = certificatesOf(all, namespace, name);
  if (issued === undefined) {
    const names = [...new Set(all.map((certificate) => `${namespaceOf(certificate)}/${holderOf(certificate)}`))];
    throw new UserError(`no certificate was issued to ${namespace}/${name}`, {
      hint: whatExists("certificate", `${namespace}/${name}`, names),
    });
  }
  const served = await servedBy(context, namespace, name);
  const nowMs = context.clock.nowMs();
  const style = createStyle(context.colour.stdout);
  const head: [string, string][] = [
    ["Name", `${namespace}/${name}`],
    ["Identity", issued.identity],
    ["Serial", issued.serial],
    ["Issued", `${issued.issuedAt} (${formatAge(nowMs - Date.parse(issued.issuedAt))} ago), by ${issued.via}`],
    ["Valid", `${issued.notBefore} to ${issued.notAfter} (${formatLeft(issued.notBefore, issued.notAfter, nowMs, style)})`],
    ["State", issued.state],
    ["Issuer", issued.issuer],
  ];
  if (typeof served === "string") {
    if (options.output === "pem") throw new UserError(`the chain of ${namespace}/${name} cannot be had: ${served}`);
    return print(context, options, { issued, shown: served }, [...head, ["Shown", served]], [], null);
  }
  const chain = described(served.chain, trust, nowMs, `${namespace}/${name}`);
  head.push(["Shown", `at ${served.address}:`]);
  return print(context, options, { issued, shownAt: served.address }, head, served.chain, chain);
}

/** From the mesh port of its first service; a sentence when there is none or it does not answer. */
async function servedBy(
  context: Context,
  namespace: string,
  name: string,
): Promise<{ address: string; chain: readonly Buffer[] } | string> {
  const { items } = await (await context.client()).list<Workload>(workloadKind, { namespace });
  const spec = items.find(({ metadata }) => metadata.name === name)?.spec;
  if (spec === undefined) return "it does not run as a workload of this machine";
  const [service] = spec.services;
  if (service === undefined) return "it serves nothing, so it shows its certificate only to whom it calls";
  const chain = await fetchServedChain(spec.address, service.inboundPort);
  return typeof chain === "string" ? chain : { address: `${spec.address}:${service.inboundPort}`, chain };
}

/** A file can be read without a mesh; then nothing judges it. */
async function trustOrNull(context: Context): Promise<TrustBundleResponse | null> {
  try {
    return await (await context.client()).request<TrustBundleResponse>("GET", API.TRUST);
  } catch (error) {
    if (error instanceof UserError && error.exitCode === EXIT.UNREACHABLE) return null;
    throw error;
  }
}

function described(chain: readonly Buffer[], trust: TrustBundleResponse | null, nowMs: number, what: string): DescribedChain {
  try {
    return describeChain(chain, trust === null ? null : { ...trust, roots: parseCertificatesPem(trust.pem) }, nowMs);
  } catch (error) {
    if (error instanceof Asn1Error) throw new UserError(`${what}: a certificate cannot be read: ${error.message}`);
    throw error;
  }
}

async function readChain(path: string, what: string): Promise<readonly Buffer[]> {
  let text: string;
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_FILE_BYTES) throw new Error("it is over 1 MiB");
    text = bytes.toString("utf8");
  } catch (error) {
    throw new UserError(`${what} cannot be read: ${messageOf(error)}`, { hint: "For a workload give its name alone.", cause: error });
  }
  const chain = parseCertificatesPem(text);
  if (chain.length > 0) return chain;
  throw new UserError(`${what} holds no certificate`, { hint: "Expected PEM with -----BEGIN CERTIFICATE-----." });
}

function print(
  context: Context,
  { output }: InspectOptions,
  about: object,
  head: readonly (readonly [string, string])[],
  chain: readonly Buffer[],
  description: DescribedChain | null,
): number {
  if (output === "pem") context.stdout.write(formatCertificatesPem(chain));
  else if (output === "json") context.print(formatJson({ ...about, ...description }));
  else if (output === "yaml") context.print(formatYaml({ ...about, ...description }));
  else {
    for (const line of factLines(head)) context.print(line);
    const lines = description === null ? [] : chainLines(description, context.clock.nowMs(), createStyle(context.colour.stdout));
    for (const line of lines) context.print(line);
  }
  return description?.verdict?.ok === false ? EXIT.NOT_FINE : EXIT.OK;
}
