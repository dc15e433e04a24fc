import { REASONS, type Reason } from "../../src/messages/reasons.ts";

const SIDE: Readonly<Record<Reason["side"], string>> = { downstream: "the caller", mesh: "the mesh", upstream: "the service called" };

/** docs/reasons.md as the catalogue makes it. */
export function reasonsPage(): string {
  const rows = Object.entries<Reason>(REASONS).map(
    ([code, { status, side, text, next }]) =>
      `| <a id="${code}"></a>\`${code}\` | ${status === 0 ? "closed" : status} | ${SIDE[side]} | ${cell(text)} | ${cell(next)} |`,
  );
  return `# Reasons

Every reply that a proxy makes itself, instead of passing one on, carries one of these codes in the header
\`x-meshctl-reason\`. The access log, the metric \`meshctl_exchanges_total\`, \`meshctl tap\` and the proxies' own
messages use the same words. A reply without that header came from the application.

*Whose* says on which side to look first, seen from the proxy that answered. *Closed* means that the connection was
closed or reset without a reply. A fault injection may answer with any status; the one here is its default.

| code | status | whose | what happened | what to do |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

This page is made from \`src/messages/reasons.ts\`; a test compares the two.
`;
}

/** A bar inside a table cell ends it, even in a code span (GitHub Flavored Markdown 4.10). */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
