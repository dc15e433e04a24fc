/** nghttp and h2load (Debian package nghttp2-client), and curl, against our server side. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type TestServer, startTestServer } from "./test-server.ts";

const run = promisify(execFile);
const onPath = (tool: string): boolean => (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, tool)));
const missing = (tool: string): string | false => (onPath(tool) ? false : `${tool} is not installed (Debian package nghttp2-client)`);

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;

test("nghttp reads a body of many windows", { skip: missing("nghttp") }, async () => {
  const { stdout } = await run("nghttp", [url("/bytes/1000000")], { encoding: "buffer", maxBuffer: 2_000_000 });
  assert.equal(stdout.length, 1_000_000);
});

test("nghttp reads trailers and an interim response", { skip: missing("nghttp") }, async () => {
  assert.match((await run("nghttp", ["-v", "-n", url("/trailers")])).stdout, /grpc-status: 0/);
  assert.match((await run("nghttp", ["-v", "-n", url("/interim")])).stdout, /:status: 103/);
});

test("nghttp: padding, small windows, a body in many continuations", { skip: missing("nghttp") }, async () => {
  const many = Array.from({ length: 80 }, (_, at) => ["-H", `x-${at}: ${"v".repeat(100)}`]).flat();
  const { stdout } = await run("nghttp", ["-v", "-n", "-b", "100", "-w", "10", "-W", "12", "--no-dep", ...many, url("/bytes/100000")]);
  assert.match(stdout, /:status: 200/);
  assert.doesNotMatch(stdout, /recv RST_STREAM|recv GOAWAY/);
});

test("h2load: thousands of requests on few connections, none fails", { skip: missing("h2load") }, async () => {
  for (const path of ["/", "/bytes/20000"]) {
    const { stdout } = await run("h2load", ["-n", "4000", "-c", "4", "-m", "50", url(path)]);
    assert.match(stdout, /4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout/);
  }
});

test("h2load: more streams than the limit wait for their turn", { skip: missing("h2load") }, async () => {
  const { stdout } = await run("h2load", ["-n", "2000", "-c", "1", "-m", "500", url("/")]);
  assert.match(stdout, /2000 succeeded, 0 failed/);
});

test("curl with prior knowledge: a file up and down, both windows many times over", {
  skip: onPath("curl") ? false : "curl is not installed",
}, async () => {
  const { stdout } = await run("curl", ["-s", "--http2-prior-knowledge", "--data-binary", `@${process.execPath}`, url("/echo")], {
    encoding: "buffer",
    maxBuffer: 512 * 1_024 * 1_024,
  });
  const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
  assert.equal(digest(stdout), digest(readFileSync(process.execPath)));
});
