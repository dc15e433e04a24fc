/** Child of kill.test.ts: opens the CA in the given directory and issues as fast as it can, saying each serial once it has the certificate. */
import { createCsr } from "../../../src/identity/csr.ts";
import { generatePrivateKey } from "../../../src/identity/keys.ts";
import { openFileCa } from "../../support/file-ca.ts";

const [directory = "", count = "1000000"] = process.argv.slice(2);
const identity = "spiffe://cluster.local/ns/default/sa/web";
const { ca } = await openFileCa(directory);
const csr = createCsr(await generatePrivateKey(), identity);
for (let number = 0; number < Number(count); number += 1) {
  const prepared = await ca.prepare({ csr, identity, instance: "default/web-1", via: "join-token" });
  const issued = prepared.ok ? await ca.issue(prepared.ticket) : prepared;
  if (!issued.ok) throw new Error(issued.message);
  process.stdout.write(`${issued.record.serial}\n`);
  if (number % 10 === 9) await ca.rotateIssuer();
}
await ca.close();
