/** PEM, the strict form of RFC 7468: boundary lines on lines of their own, base64 between. */
const MAX_PEM_BLOCKS = 64;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([A-Za-z0-9+/=\r\n]*?)-----END \1-----/g;

/** DER of every block with this label, in order; other blocks and text between are passed over. */
export function parsePem(text: string, label: string): Buffer[] {
  const found: Buffer[] = [];
  for (const [, blockLabel, base64] of text.matchAll(BLOCK)) {
    if (blockLabel !== label || base64 === undefined) continue;
    found.push(Buffer.from(base64, "base64"));
    if (found.length > MAX_PEM_BLOCKS) break;
  }
  return found;
}

export function formatPem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A certificate chain, leaf first. */
export function parseCertificatesPem(text: string): Buffer[] {
  return parsePem(text, "CERTIFICATE");
}

export function formatCertificatesPem(chain: readonly Buffer[]): string {
  return chain.map((der) => formatPem("CERTIFICATE", der)).join("");
}
