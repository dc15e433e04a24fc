import { resolve } from "node:path";
import { API, type CertificateRequest, type CertificateResponse, type TrustBundleResponse } from "../../../api/contract.ts";
import { createCsr } from "../../../identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../../identity/keys.ts";
import { parseCertificatesPem } from "../../../identity/pem.ts";
import { parseSpiffeId, workloadNameOf } from "../../../identity/spiffe-id.ts";
import { parseTrustBundle } from "../../../identity/trust-bundle.ts";
import { verifyPeerChain } from "../../../identity/verify-chain.ts";
import { EXIT, UserError } from "../../../lib/errors.ts";
import { factLines } from "../../cert/life.ts";
import { prepareDirectory, writeCredentials } from "../../cert/write-files.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { parseDurationUpTo } from "../../options/values.ts";

interface IssueOptions {
  readonly identity: string;
  /** Milliseconds. */
  readonly ttl?: number;
  readonly out: string;
  readonly force?: boolean;
}

const TTL_MS = 3_600_000;
/** What the controller gives a client outside the mesh at most. */
const MAX_TTL_MS = 24 * TTL_MS;

export const command = defineCommand<IssueOptions>({
  description:
    "Gets a certificate for a client outside the mesh: a CI job, a test, curl. The key is made here and never leaves this machine. " +
    "Writes key.pem, cert.pem (the chain) and ca.pem. It does not renew itself; it lives for at most a day.",
  options: [
    { flags: "--identity <id>", description: "ns/NAMESPACE/sa/NAME, or a whole SPIFFE id", required: true },
    { flags: "--ttl <duration>", description: "how long it lives, at most 24h (default: 1h)", parse: parseDurationUpTo(MAX_TTL_MS, "24h") },
    { flags: "--out <directory>", description: "where to write the three files", required: true, completes: "directory" },
    { flags: "--force", description: "replace files that are there" },
  ],
  examples: [
    { line: "meshctl cert issue --identity ns/ci/sa/runner --ttl 1h --out runner", text: "For a CI job" },
    { line: "meshctl cert issue --identity ns/ci/sa/runner --out runner --force", text: "The next one, in the same place" },
  ],
  run,
});

async function run(context: Context, options: IssueOptions): Promise<number> {
  const directory = resolve(context.cwd, options.out);
  const client = await context.client();
  const trust = await client.request<TrustBundleResponse>("GET", API.TRUST);
  const identity = wholeIdentity(options.identity, trust.trustDomain);
  prepareDirectory(directory, options.force ?? false);
  const key = await generatePrivateKey();
  const { ttl = TTL_MS } = options;
  const request: CertificateRequest = { csr: createCsr(key, identity), ttlSeconds: ttl / 1000 };
  const issued = await client.request<CertificateResponse>("POST", API.CERTIFICATES, request);

  const bundle = parseTrustBundle(trust.trustDomain, issued.trustBundle);
  const verdict = verifyPeerChain(
    parseCertificatesPem(issued.chain),
    (domain) => (domain === bundle.trustDomain ? bundle : undefined),
    context.clock.nowMs(),
  );
  if (!verdict.ok || verdict.identity !== identity) {
    throw new UserError(`the certificate that came back cannot be used: ${verdict.ok ? `it is for ${verdict.identity}` : verdict.message}`);
  }
  const files = await writeCredentials(directory, { key: formatPrivateKey(key), chain: issued.chain, roots: issued.trustBundle });
  const facts: [string, string][] = [
    ["Identity", identity],
    ["Serial", issued.serial],
    ["Until", issued.notAfter],
    ...files.map((path, index): [string, string] => [index === 0 ? "Files" : "", path]),
  ];
  for (const line of factLines(facts)) context.print(line);
  for (const line of usageOf(options.out)) context.say(line);
  return EXIT.OK;
}

/** What to do with the files. Certificates of a mesh hold no host name, so curl is told not to look for one. */
function usageOf(directory: string): string[] {
  const quoted = /^[\w./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", "'\\''")}'`;
  const file = (name: string): string => `${quoted}/${name}`;
  return [
    "",
    "To use it at the inbound port of a workload (`meshctl get workloads -o wide` shows them):",
    `  openssl s_client -connect 127.0.0.1:PORT -cert ${file("cert.pem")} -key ${file("key.pem")} -CAfile ${file("ca.pem")}`,
    `  curl -k --cert ${file("cert.pem")} --key ${file("key.pem")} https://127.0.0.1:PORT/`,
  ];
}

/** `ns/ci/sa/runner` → `spiffe://cluster.local/ns/ci/sa/runner`. */
function wholeIdentity(text: string, trustDomain: string): string {
  const whole = text.startsWith("spiffe:") ? text : `spiffe://${trustDomain}/${text}`;
  const parsed = parseSpiffeId(whole);
  if (parsed.ok && parsed.id.trustDomain === trustDomain && workloadNameOf(parsed.id) !== null) return whole;
  const why = parsed.ok
    ? parsed.id.trustDomain === trustDomain
      ? "it names no service account"
      : `the trust domain here is ${trustDomain}`
    : parsed.message;
  throw new UserError(`--identity: "${text}" cannot be issued: ${why}`, {
    hint: "Write it like ns/ci/sa/runner: a namespace and a service account, both lower-case names.",
    exitCode: EXIT.USAGE,
  });
}
