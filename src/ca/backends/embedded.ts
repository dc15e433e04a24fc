/** The CA inside the controller: root and issuer keys in a SecretStore, one value, so that a crash leaves all of it old or all of it new. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { UserError } from "../../lib/errors.ts";
import { encodeTbs, newSerial, signTbs } from "../../identity/certificate.ts";
import { type CertificateFacts, readCertificate } from "../../identity/certificate-reader.ts";
import { formatPrivateKey, generatePrivateKey, keyIdOf, publicKeyDer } from "../../identity/keys.ts";
import type { DistinguishedName } from "../../identity/name.ts";
import { OID } from "../../identity/oids.ts";
import { formatPem, parseCertificatesPem } from "../../identity/pem.ts";
import { trustDomainSpiffeId } from "../../identity/spiffe-id.ts";
import type { CaBackend, Order, SecretStore } from "../contract.ts";
import { lintLeaf } from "../lint.ts";
import type { Lifetimes } from "../profile.ts";

/** Name of the one secret. */
const SECRET = "authority.json";

/** What the secret holds; PEM throughout. */
interface Stored {
  readonly version: 1;
  readonly trustDomain: string;
  readonly root: { readonly certificate: string; readonly key: string };
  readonly issuer: { readonly certificate: string; readonly key: string };
}

interface Signer {
  readonly facts: CertificateFacts;
  readonly name: DistinguishedName;
  readonly key: KeyObject;
}

export interface EmbeddedOptions {
  readonly secrets: SecretStore;
  readonly trustDomain: string;
  readonly lifetimes: Lifetimes;
  readonly clock: Clock;
}

/** Opens the CA of the store, or makes one when the store has none. `created` says which. Never replaces one it cannot read. */
export async function openEmbeddedCa(options: EmbeddedOptions): Promise<{ backend: CaBackend; created: boolean }> {
  const content = await options.secrets.read(SECRET);
  let root: Signer;
  let issuer: Signer;
  if (content === null) {
    root = await newSigner(options, "root", null);
    issuer = await newSigner(options, "issuer", root);
    await save(options, root, issuer);
  } else {
    ({ root, issuer } = load(content, options.trustDomain));
  }
  const backend: CaBackend = {
    name: "embedded",
    authority: () => ({ roots: [root.facts.der], issuer: issuer.facts.der }),
    sign: async (order) => [signLeaf(order, issuer), issuer.facts.der],
    async rotateIssuer() {
      const next = await newSigner(options, "issuer", root);
      await save(options, root, next);
      issuer = next;
    },
  };
  return { backend, created: content === null };
}

function signLeaf(order: Order, issuer: Signer): Buffer {
  const tbs = encodeTbs({
    serial: order.serial,
    // Empty: everything a peer may rely on is in the alternative names.
    subject: {},
    issuer: issuer.name,
    notBeforeMs: order.notBeforeMs,
    notAfterMs: order.notAfterMs,
    publicKey: order.publicKey,
    altNames: order.altNames,
    ca: null,
    keyUsage: ["digitalSignature"],
    extendedKeyUsage: [OID.SERVER_AUTH, OID.CLIENT_AUTH],
    authorityKeyId: keyIdOf(issuer.facts.publicKey),
  });
  lintLeaf(tbs, order, issuer.facts);
  return signTbs(tbs, issuer.key);
}

async function newSigner(options: EmbeddedOptions, role: "root" | "issuer", parent: Signer | null): Promise<Signer> {
  const { trustDomain, lifetimes, clock } = options;
  const key = await generatePrivateKey();
  const publicKey = publicKeyDer(key);
  const keyId = keyIdOf(publicKey);
  // The key's id in the name keeps issuers of one role apart for people and for readers that go by name.
  const name = { organization: "meshctl", commonName: `meshctl ${role} ${keyId.toString("hex").slice(0, 12)}` };
  const nowMs = clock.nowMs();
  const wantedEndMs = nowMs + (role === "root" ? lifetimes.rootMs : lifetimes.issuerMs);
  const tbs = encodeTbs({
    serial: newSerial(),
    subject: name,
    issuer: parent?.name ?? name,
    notBeforeMs: nowMs - lifetimes.backdateMs,
    notAfterMs: Math.min(wantedEndMs, parent?.facts.notAfterMs ?? wantedEndMs),
    publicKey,
    altNames: { uris: [trustDomainSpiffeId(trustDomain)], dnsNames: [], ipAddresses: [] },
    ca: { pathLength: role === "root" ? null : 0 },
    keyUsage: ["keyCertSign", "cRLSign"],
    extendedKeyUsage: [],
    authorityKeyId: parent === null ? null : keyIdOf(parent.facts.publicKey),
  });
  return { facts: readCertificate(signTbs(tbs, parent?.key ?? key)), name, key };
}

async function save({ secrets, trustDomain }: EmbeddedOptions, root: Signer, issuer: Signer): Promise<void> {
  const stored: Stored = { version: 1, trustDomain, root: pemOf(root), issuer: pemOf(issuer) };
  await secrets.write(SECRET, Buffer.from(`${JSON.stringify(stored, null, 2)}\n`));
}

function pemOf(signer: Signer): Stored["root"] {
  return { certificate: formatPem("CERTIFICATE", signer.facts.der), key: formatPrivateKey(signer.key) };
}

function load(content: Buffer, trustDomain: string): { root: Signer; issuer: Signer } {
  let stored: Stored;
  let signers: { root: Signer; issuer: Signer };
  try {
    stored = JSON.parse(content.toString("utf8")) as Stored;
    signers = { root: readSigner(stored.root), issuer: readSigner(stored.issuer) };
  } catch {
    // The cause may quote the file, and the file holds keys.
    throw unreadable("it cannot be read");
  }
  if (stored.version !== 1) throw unreadable("it was written by a newer version");
  if (stored.trustDomain !== trustDomain) {
    throw new UserError(`the CA in the state directory is for trust domain ${stored.trustDomain}, not ${trustDomain}`, {
      hint: "Start with that trust domain, or use another state directory for the new one.",
    });
  }
  return signers;
}

function unreadable(why: string): UserError {
  return new UserError(`the CA's secret ${SECRET} is there, but ${why}`, {
    hint: "Restore it from a backup. Moving it away makes a new CA: every workload then has to be started again.",
  });
}

function readSigner({ certificate, key }: Stored["root"]): Signer {
  const [der] = parseCertificatesPem(certificate);
  const facts = readCertificate(der ?? Buffer.alloc(0));
  const keyObject = createPrivateKey(key);
  if (!publicKeyDer(keyObject).equals(facts.publicKey)) throw new Error("key and certificate do not fit");
  const commonName = facts.subject.text.split("CN=")[1] ?? "";
  return { facts, name: { organization: "meshctl", commonName }, key: keyObject };
}
