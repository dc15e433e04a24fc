/** Which engine executes users' patterns: re2js, V8's linear mode, and for comparison V8's backtracking engine (never used). */
import { setFlagsFromString } from "node:v8";
import { compileRegex } from "../../src/match/regex.ts";
import { micro } from "./micro.ts";

setFlagsFromString("--enable-experimental-regexp-engine");
const LINEAR = "l";

for (const [pattern, template] of [
  ["/items/[0-9]+(/.*)?", "/items/#/abcdefgh"],
  ["/api/v[12]/.*", "/api/v2/users/#/orders"],
  ["Mozilla/.*Chrome/1[0-9]{2}.*", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/1#"],
] as const) {
  const values = Array.from({ length: 64 }, (_, index) => template.replace("#", String(100 + index)));
  const re2 = compileRegex(pattern);
  const linear = new RegExp(`^(?:${pattern})$`, LINEAR);
  const backtracking = new RegExp(`^(?:${pattern})$`);
  micro(`re2js            ${pattern}`, (index) => re2.testExact(values[index & 63] as string), 200_000);
  micro(`V8 linear        ${pattern}`, (index) => linear.test(values[index & 63] as string), 200_000);
  micro(`V8 backtracking  ${pattern}`, (index) => backtracking.test(values[index & 63] as string), 200_000);
}
