/** Certificates for tests, made by a library that is not ours. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

export interface TestRoot {
  readonly pem: string;
  issue(identity: string, options?: { notAfter?: Date; ip?: string }): Promise<{ key: string; cert: string }>;
}

export async function testRoot(name = "test root"): Promise<TestRoot> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: keys as never,
    serialNumber: serial(),
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    pem: root.toString("pem"),
    async issue(identity, options = {}) {
      const leafKeys = (await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
      const names: x509.JsonGeneralNames = [{ type: "url", value: identity }];
      if (options.ip) names.push({ type: "ip", value: options.ip });
      const leaf = await x509.X509CertificateGenerator.create({
        subject: "O=test",
        issuer: root.subject,
        serialNumber: serial(),
        notBefore: new Date(Date.now() - 60_000),
        notAfter: options.notAfter ?? new Date(Date.now() + 3_600_000),
        publicKey: leafKeys.publicKey as never,
        signingKey: (keys as webcrypto.CryptoKeyPair).privateKey as never,
        signingAlgorithm: EC,
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
          new x509.SubjectAlternativeNameExtension(names),
        ],
      });
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey)).toString("base64");
      const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, "$1\n")}\n-----END PRIVATE KEY-----\n`;
      return { key, cert: leaf.toString("pem") };
    },
  };
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
    .toString("hex")
    .replace(/^[89a-f]/, "1");
}
