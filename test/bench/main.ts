/**
 * `npm run bench -- <part> [--runs N] [--seconds N]`: ratios between proxies in one run on this machine.
 * Installs nothing; a peer that is missing is named. Micro-benchmarks (micro-*.ts) are run by themselves.
 */
import { parseArgs } from "node:util";
import { benchHop } from "./hop/hop.ts";

const PARTS = { hop: benchHop } as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "64" },
    only: { type: "string", multiple: true, default: [] },
    "node-flags": { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
const parts = positionals.length > 0 ? positionals : Object.keys(PARTS);
for (const name of parts) {
  const part = PARTS[name as keyof typeof PARTS];
  if (part === undefined) {
    console.error(`no benchmark is called ${name}; there are: ${Object.keys(PARTS).join(", ")}`);
    process.exit(2);
  }
  await part({
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    only: values.only,
    nodeFlags: values["node-flags"].split(" ").filter((flag) => flag !== ""),
    command: `npm run bench -- ${process.argv.slice(2).join(" ")}`,
    jsonOnly: values.json,
  });
}
process.exit(0);
