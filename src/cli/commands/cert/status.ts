import { API, type CaCertificate, type CaStatus } from "../../../api/contract.ts";
import { formatAge } from "../../../lib/age.ts";
import { EXIT } from "../../../lib/errors.ts";
import { factLines, formatLeft } from "../../cert/life.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { createStyle, type Style } from "../../output/style.ts";
import { formatJson, formatYaml } from "../../output/structured.ts";

interface StatusOptions {
  readonly output: "table" | "json" | "yaml";
}

export const command = defineCommand<StatusOptions>({
  description:
    "Shows the certificate authority of the mesh: its root, the issuer that signs for it, and how many certificates are alive. " +
    "Exit code 1 when root or issuer has ended.",
  options: [{ flags: "-o, --output <format>", description: "how to print it", choices: ["table", "json", "yaml"], default: "table" }],
  examples: [
    { line: "meshctl cert status", text: "How long do root and issuer live?" },
    { line: "meshctl cert status -o json", text: "For programs" },
  ],
  run,
});

async function run(context: Context, { output }: StatusOptions): Promise<number> {
  const status = await (await context.client()).request<CaStatus>("GET", API.CA);
  const nowMs = context.clock.nowMs();
  if (output === "json") context.print(formatJson(status));
  else if (output === "yaml") context.print(formatYaml(status));
  else for (const line of describe(status, nowMs, createStyle(context.colour.stdout))) context.print(line);
  const ended = [status.root, status.issuer].some(({ notAfter }) => Date.parse(notAfter) <= nowMs);
  return ended ? EXIT.NOT_FINE : EXIT.OK;
}

function describe(status: CaStatus, nowMs: number, style: Style): string[] {
  const { issued, leafTtlSeconds } = status;
  const rotatesInMs = Date.parse(status.issuerRotatesAt) - nowMs;
  return factLines([
    ["Trust domain", status.trustDomain],
    ["Backend", status.backend],
    ...certificate("Root", status.root, nowMs, style),
    ...certificate("Issuer", status.issuer, nowMs, style),
    ["", rotatesInMs > 0 ? `replaced by itself in ${formatAge(rotatesInMs)}` : "about to be replaced"],
    ["Leaves", `${issued.current} current, each for ${formatAge(leafTtlSeconds * 1000)}; ${issued.expiringWithin1h} end within the hour`],
  ]);
}

function certificate(role: string, facts: CaCertificate, nowMs: number, style: Style): [string, string][] {
  return [
    [role, facts.subject],
    ["", `serial ${facts.serial}`],
    ["", `until ${facts.notAfter} (${formatLeft(facts.notBefore, facts.notAfter, nowMs, style)})`],
    ["", style.dim(`sha256 ${facts.fingerprintSha256}`)],
  ];
}
