/** Runs a stubborn command with a child of its own, prints both process ids, and waits to be killed. */
import { systemClock } from "../../../src/lib/clock.ts";
import { App } from "../../../src/local/run/app.ts";
import { LinePrefix } from "../../../src/local/run/line-prefix.ts";

const print = new LinePrefix("", (text) => void process.stdout.write(text));
const app = new App({
  command: ["sh", "-c", "trap '' TERM; sleep 300 & echo $$; echo $!; wait; sleep 300"],
  cwd: "/",
  env: { PATH: process.env.PATH },
  stdout: print,
  stderr: print,
  clock: systemClock,
});
await app.ended;
