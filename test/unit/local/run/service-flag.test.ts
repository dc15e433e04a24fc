import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT, UserError } from "../../../../src/lib/errors.ts";
import { parseServiceFlag, parseUpstreamFlag } from "../../../../src/local/run/service-flag.ts";

test("--service in all its forms", () => {
  assert.deepEqual(parseServiceFlag("web:80"), { name: "web", port: 80, protocol: "http" });
  assert.deepEqual(parseServiceFlag("web:80=8080"), { name: "web", port: 80, appPort: 8080, protocol: "http" });
  assert.deepEqual(parseServiceFlag("ledger:7000/tcp"), { name: "ledger", port: 7000, protocol: "tcp" });
  assert.deepEqual(parseServiceFlag("a-1:1=65535/grpc"), { name: "a-1", port: 1, appPort: 65535, protocol: "grpc" });
  assert.deepEqual(parseServiceFlag("a:1/http2"), { name: "a", port: 1, protocol: "http2" });
});

test("--upstream in all its forms", () => {
  assert.deepEqual(parseUpstreamFlag("api:80"), { name: "api", port: 80, localPort: 0 });
  assert.deepEqual(parseUpstreamFlag("api:80=9101"), { name: "api", port: 80, localPort: 9101 });
  assert.deepEqual(parseUpstreamFlag("api.shop:80=0"), { name: "api", namespace: "shop", port: 80, localPort: 0 });
});

const usage = (error: unknown): boolean => error instanceof UserError && error.exitCode === EXIT.USAGE;

for (const text of [
  "",
  "web",
  "web:",
  ":80",
  "web:0",
  "web:65536",
  "web:80=0",
  "web:80=",
  "web:eighty",
  "Web:80",
  "web_1:80",
  "web:80/udp",
  "web:80/",
  "-web:80",
  `${"a".repeat(64)}:80`,
  "web:80=1=2",
  "web:-1",
  "web:1e3",
]) {
  test(`--service ${JSON.stringify(text)} is refused`, () => assert.throws(() => parseServiceFlag(text), usage));
}

for (const text of ["", "api", "api:0", "api.:80", ".shop:80", "a.b.c:80", "api:80=70000", "api:80/http", "API:80", "shop/api:80"]) {
  test(`--upstream ${JSON.stringify(text)} is refused`, () => assert.throws(() => parseUpstreamFlag(text), usage));
}
