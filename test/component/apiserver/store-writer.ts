/**
 * A process that writes to a store as fast as it can and says on stdout, before and after each write,
 * what it asked for and what was acknowledged. Killed from outside. Usage: store-writer.ts DIRECTORY LANES WRITES
 */
import { writeSync } from "node:fs";
import { openStore } from "../../../src/controller/apiserver/store/store.ts";

const [directory = "", lanes = "", writes = ""] = process.argv.slice(2);
const store = await openStore(directory);
// Bytes that no page boundary divides evenly, so that a torn write would show.
const filler = "x".repeat(1777);

async function writer(lane: number): Promise<void> {
  for (let index = 0; index < Number(writes); index += 1) {
    const name = `${process.pid}-${lane}-${index}`;
    writeSync(1, `ask ${name}\n`);
    const stored = await store.write((transaction) =>
      transaction.put("/configmaps", `default/${name}`, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "default" },
        data: { filler, name },
      }),
    );
    writeSync(1, `ack ${name} ${stored.revision}\n`);
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, (_, lane) => writer(lane)));
await store.close();
