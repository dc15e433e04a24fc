/** Tries the controller's lock of the state directory in argv at each line of its input, and says what came of it. */
import { createInterface } from "node:readline";
import { homeLayout } from "../../../src/home/layout.ts";
import { messageOf } from "../../../src/lib/errors.ts";
import { lockHome } from "../../../src/main/controller/lock.ts";

const layout = homeLayout(process.argv[2] ?? "");
console.log("ready");
for await (const _ of createInterface(process.stdin)) {
  try {
    lockHome(layout, process.pid);
    console.log("held");
  } catch (error) {
    console.log(messageOf(error));
  }
}
