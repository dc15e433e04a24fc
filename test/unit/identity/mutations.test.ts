import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createCsr, parseCsr } from "../../../src/identity/csr.ts";
import { formatPem, parsePem } from "../../../src/identity/pem.ts";
import { createTrustBundle } from "../../../src/identity/trust-bundle.ts";
import { verifyPeerChain } from "../../../src/identity/verify-chain.ts";
import { newCa, newKey, newLeaf, NOW } from "./pki.ts";

const root = newCa("root");
const bundle = createTrustBundle("cluster.local", [root.der]);
const leaf = newLeaf(root);
const [csr] = parsePem(createCsr(newKey(), "spiffe://cluster.local/ns/default/sa/web"), "CERTIFICATE REQUEST");

/** Bytes overwritten, cut out and put in at several places. */
function mutated(original: Buffer): fc.Arbitrary<Buffer> {
  const edit = fc.record({ at: fc.nat(original.length), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 6 }) });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let bytes = original;
    for (const { at, remove, insert } of edits) bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
    return bytes;
  });
}

test("damaged certificates are refused with words, never thrown", () => {
  fc.assert(
    fc.property(mutated(leaf), (der) => {
      const verdict = verifyPeerChain([der], () => bundle, NOW);
      assert.ok(der.equals(leaf) || (!verdict.ok && verdict.message !== ""));
    }),
    { numRuns: 1_000 },
  );
});

test("damaged requests are refused with words, never thrown", () => {
  assert.ok(csr);
  fc.assert(
    fc.property(mutated(csr), (der) => {
      const parsed = parseCsr(formatPem("CERTIFICATE REQUEST", der));
      assert.ok(der.equals(csr) || (!parsed.ok && parsed.message !== ""));
    }),
    { numRuns: 1_000 },
  );
});
