import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPrivateKey, publicKeyDer } from "../../../src/identity/keys.ts";
import { formatCertificatesPem } from "../../../src/identity/pem.ts";
import { newCa, newKey, newLeaf } from "../../unit/identity/pki.ts";
import type { ClientTls } from "./contract.ts";

const HOUR = 3_600_000;

/** Files of one side. */
export interface SideFiles {
  readonly key: string;
  /** Leaf and issuer. */
  readonly chain: string;
  /** Key and chain in one, as HAProxy reads them. */
  readonly bundle: string;
}

export interface PairFiles {
  readonly root: string;
  readonly a: SideFiles;
  readonly b: SideFiles;
}

/** The caller's side as a TLS client reads it. */
export function clientTls({ root, a }: PairFiles): ClientTls {
  return { key: readFileSync(a.key, "utf8"), cert: readFileSync(a.chain, "utf8"), ca: readFileSync(root, "utf8") };
}

/** What the receiving side is called in its certificate, beside its SPIFFE id: peers check names. */
export const SERVER_NAME = "api.default.svc";

/** Root, issuer and two leaves, all P-256, as the mesh makes them: peers carry the same chain as we do. */
export function writeCertificates(folder: string): PairFiles {
  mkdirSync(folder, { recursive: true });
  const validity = { notBeforeMs: Date.now() - HOUR, notAfterMs: Date.now() + 24 * HOUR };
  const root = newCa("root", null, validity);
  const issuer = newCa("issuer", root, { ...validity, ca: { pathLength: 0 } });
  const side = (name: string): SideFiles => {
    const key = newKey();
    const altNames = { uris: [`spiffe://cluster.local/ns/default/sa/${name}`], dnsNames: [`${name}.default.svc`], ipAddresses: [] };
    const chain = formatCertificatesPem([newLeaf(issuer, { ...validity, publicKey: publicKeyDer(key), altNames }), issuer.der]);
    const files = { key: join(folder, `${name}.key`), chain: join(folder, `${name}.pem`), bundle: join(folder, `${name}.both`) };
    writeFileSync(files.key, formatPrivateKey(key));
    writeFileSync(files.chain, chain);
    writeFileSync(files.bundle, chain + formatPrivateKey(key));
    return files;
  };
  const rootFile = join(folder, "root.pem");
  writeFileSync(rootFile, formatCertificatesPem([root.der]));
  return { root: rootFile, a: side("web"), b: side("api") };
}
