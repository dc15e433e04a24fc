/** Takes the lock of the state directory in argv, says so, and holds it until its standard input ends. */
import { homeLayout } from "../../../src/home/layout.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { withLock } from "../../../src/local/lock.ts";

const root = process.argv[2] ?? "";
const host = {
  layout: homeLayout(root),
  env: {},
  cwd: root,
  uid: undefined,
  pid: process.pid,
  nodePath: "",
  clock: systemClock,
  random: () => 0.5,
};
await withLock(
  host,
  (holder) => console.log(`waits for ${holder}`),
  async () => {
    console.log("holds it");
    for await (const _ of process.stdin) {
      // Until the end of the input.
    }
  },
);
