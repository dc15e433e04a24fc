import assert from "node:assert/strict";
import { test } from "node:test";
import { requestProblem } from "../../../src/ca/request-rules.ts";
import { NO_EXTENSIONS, type ReadExtensions } from "../../../src/identity/extension-reader.ts";
import { OID } from "../../../src/identity/oids.ts";
import { WEB } from "./memory.ts";

const only: ReadExtensions["altNames"] = { uris: [WEB], dnsNames: [], ipAddresses: [], otherCount: 0, critical: false };
const cases: [title: string, code: string | null, extensions: Partial<ReadExtensions>][] = [
  ["the identity alone", null, {}],
  ["what every leaf has anyway", null, { keyUsage: { usages: ["digitalSignature"], critical: true }, extendedKeyUsage: [OID.CLIENT_AUTH] }],
  ["CA:false said aloud", null, { basicConstraints: { ca: false, pathLength: null, critical: true } }],
  ["no names", "csr-names", { altNames: null }],
  ["no URI", "csr-names", { altNames: { ...only, uris: [] } }],
  ["two URIs", "csr-names", { altNames: { ...only, uris: [WEB, "spiffe://cluster.local/ns/default/sa/api"] } }],
  ["the same URI twice", "csr-names", { altNames: { ...only, uris: [WEB, WEB] } }],
  ["a DNS name beside", "csr-names", { altNames: { ...only, dnsNames: ["api"] } }],
  ["an IP address beside", "csr-names", { altNames: { ...only, ipAddresses: ["127.0.0.1"] } }],
  ["a mail address beside", "csr-names", { altNames: { ...only, otherCount: 1 } }],
  ["another identity", "csr-identity", { altNames: { ...only, uris: ["spiffe://cluster.local/ns/default/sa/api"] } }],
  ["the identity in other case", "csr-identity", { altNames: { ...only, uris: [WEB.toUpperCase()] } }],
  ["CA:true", "csr-ca", { basicConstraints: { ca: true, pathLength: 0, critical: true } }],
  ["keyCertSign", "csr-extension", { keyUsage: { usages: ["digitalSignature", "keyCertSign"], critical: true } }],
  ["code signing", "csr-extension", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.3"] }],
  ["any extension else", "csr-extension", { others: [{ type: "1.2.3", critical: false }] }],
];
for (const [title, code, extensions] of cases) {
  test(`a request for ${title} is ${code ?? "fine"}`, () => {
    const problem = requestProblem({ publicKey: Buffer.alloc(0), extensions: { ...NO_EXTENSIONS, altNames: only, ...extensions } }, WEB);
    assert.equal(problem?.code ?? null, code);
  });
}
