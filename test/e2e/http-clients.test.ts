import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HttpApp } from "../support/http/app.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { type Pair, startPair } from "../support/pair.ts";
import { missing, run } from "../support/tools.ts";

type Version = 1 | 2;

/** Client → application. */
const WAYS: readonly (readonly [Version, Version])[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
];
const CURL: Readonly<Record<Version, readonly string[]>> = { 1: ["--http1.1"], 2: ["--http2-prior-knowledge"] };
const SERVICE: Readonly<Record<Version, string>> = { 1: "classic", 2: "modern" };

interface Answer {
  /** Each head as it came, interim ones too, and the trailers. */
  readonly heads: string;
  readonly statuses: readonly number[];
  readonly body: string;
}

interface Way {
  readonly client: Version;
  readonly app: HttpApp;
  url(path: string): string;
  curl(path: string, ...args: readonly string[]): Promise<Answer>;
}

test("curl, nghttp, h2load and wrk through two sidecars", { timeout: 180_000 }, async (t) => {
  const mesh = await startMesh(t);
  const apps: Readonly<Record<Version, HttpApp>> = { 1: new HttpApp(1), 2: new HttpApp(2) };
  t.after(() => {
    apps[1].close();
    apps[2].close();
  });
  const pair = await startPair(mesh, [
    { name: SERVICE[1], protocol: "http", listen: (port) => apps[1].listen(port) },
    { name: SERVICE[2], protocol: "http2", listen: (port) => apps[2].listen(port) },
  ]);
  const folder = mkdtempSync(join(tmpdir(), "meshctl-clients-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const upload = join(folder, "upload");
  writeFileSync(upload, Buffer.alloc(300_000, "upload "));
  const small = join(folder, "small");
  writeFileSync(small, Buffer.alloc(10_000, "upload "));

  for (const [client, app] of WAYS) {
    const url = (path: string): string => `http://127.0.0.1:${pair.port(SERVICE[app])}${path}`;
    const way: Way = {
      client,
      app: apps[app],
      url,
      curl: (path, ...args) => curl(folder, [...CURL[client], ...args, url(path)]),
    };
    await t.test(`HTTP/${client} client, HTTP/${app} application`, async (t) => {
      await semantics(t, way, { upload, small });
      await load(t, way);
    });
  }

  await t.test("absolute form on the HTTP_PROXY listener", { skip: missing("curl") }, async () => {
    const text = await run("curl", ["-sS", "--proxy", pair.httpProxy, "--noproxy", "", `http://${SERVICE[1]}/seen?through=proxy`]);
    const { path, headers } = JSON.parse(text);
    assert.deepEqual([path, headers.host], ["/seen?through=proxy", SERVICE[1]]);
  });
  await t.test("absolute form on an upstream listener (RFC 9112 3.2.2)", { skip: missing("curl") }, async () => {
    const target = ["--request-target", `http://${SERVICE[1]}/seen?absolute`, "-H", `Host: ${SERVICE[1]}`];
    const { path, headers } = JSON.parse(await run("curl", ["-sS", ...target, originOf(pair, 1)]));
    assert.deepEqual([path, headers.host], ["/seen?absolute", SERVICE[1]]);
  });
});

async function curl(folder: string, args: readonly string[]): Promise<Answer> {
  const [heads, body] = [join(folder, "heads"), join(folder, "body")];
  writeFileSync(body, "");
  await run("curl", ["-sS", "-D", heads, "-o", body, ...args]);
  const text = readFileSync(heads, "latin1");
  const statuses = [...text.matchAll(/^HTTP\/[0-9.]+ (\d+)/gm)].map(([, code]) => Number(code));
  return { heads: text, statuses, body: readFileSync(body, "latin1") };
}

function originOf(pair: Pair, app: Version): string {
  return `http://127.0.0.1:${pair.port(SERVICE[app])}/`;
}

async function semantics(
  t: TestContext,
  { client, app, curl, url }: Way,
  { upload, small }: Readonly<Record<"upload" | "small", string>>,
): Promise<void> {
  const skip = missing("curl");

  await t.test("authority, target, cookies and 50 own fields arrive as sent", { skip }, async () => {
    const own = Array.from({ length: 50 }, (_, at) => ["-H", `x-own-${at}: value ${at} of fifty, with some length`]).flat();
    const { body } = await curl("/seen?q=%41&r=a+b", "-H", "Host: shop.example:8080", "-H", "Cookie: a=1; b=2; c=3", ...own);
    const { method, path, httpVersion, headers } = JSON.parse(body);
    assert.equal(httpVersion, app.version === 1 ? "1.1" : "2.0");
    assert.deepEqual([method, path, headers.cookie], ["GET", "/seen?q=%41&r=a+b", "a=1; b=2; c=3"]);
    assert.equal(headers[":authority"] ?? headers.host, "shop.example:8080");
    for (let at = 0; at < 50; at += 1) assert.equal(headers[`x-own-${at}`], `value ${at} of fifty, with some length`);
  });

  await t.test("two Set-Cookie lines stay two", { skip }, async () => {
    const { heads } = await curl("/cookies");
    assert.deepEqual(
      [...heads.matchAll(/^set-cookie: (.*)\r$/gim)].map(([, value]) => value),
      ["a=1; Path=/", "b=2; HttpOnly"],
    );
  });

  await t.test("HEAD has the length and no body; 204 and 304 have neither", { skip }, async () => {
    const head = await curl("/bytes/12345", "--head");
    assert.deepEqual(head.statuses, [200]);
    assert.match(head.heads, /^content-length: 12345\r$/im);
    for (const code of [204, 304]) {
      const { statuses, heads, body } = await curl(`/status/${code}`);
      assert.deepEqual([statuses, body], [[code], ""]);
      assert.doesNotMatch(heads, /^(content-length: [1-9]|transfer-encoding)/im);
      if (code === 304) assert.match(heads, /^etag: "v1"\r$/im);
    }
  });

  await t.test("an upload comes back, and its trailers after it", { skip }, async () => {
    const { heads, body } = await curl("/echo", "--data-binary", `@${upload}`, "-H", "TE: trailers");
    assert.match(heads, /\r\n\r\n[^]*x-length: 300000\r\n/i);
    assert.ok(body === readFileSync(upload, "latin1"), `${body.length} bytes came back`);
  });

  await t.test("100-continue: asked for, given, refused before the body", { skip }, async () => {
    const expect = ["-T", upload, "-H", "Expect: 100-continue", "--expect100-timeout", "20"];
    assert.deepEqual((await curl("/echo", ...expect)).statuses, [100, 200]);
    assert.equal(app.received, 300_000);
    // Over HTTP/2 this curl sends at once, and takes the reset that follows an early answer (RFC 9113 8.1) for an error
    // unless its body fitted into the window.
    const refused = await curl("/no", "-T", small, ...expect.slice(2));
    assert.deepEqual(refused.statuses, [413]);
  });

  await t.test("103 early hints pass before the answer", { skip }, async () => {
    const { heads, statuses } = await curl("/early");
    assert.deepEqual(statuses, [103, 200]);
    assert.match(heads, /103[^]*link: <\/style\.css>; rel=preload; as=style\r\n[^]*200/i);
  });

  if (client === 1) return;
  await t.test("nghttp: early hints, trailers, small windows", { skip: missing("nghttp") }, async () => {
    assert.match(await run("nghttp", ["-v", "-n", url("/early")]), /:status: 103[^]*:status: 200/);
    const echoed = await run("nghttp", ["-v", "-n", "-w", "12", "-W", "13", "--no-dep", "-d", upload, url("/echo")]);
    assert.match(echoed, /x-length: 300000/);
    assert.doesNotMatch(echoed, /recv RST_STREAM|recv GOAWAY/);
  });
}

async function load(t: TestContext, { client, app, url }: Way): Promise<void> {
  if (client === 1) {
    await t.test("wrk: what it counts is what the application counted", { skip: missing("wrk") }, async () => {
      const before = app.requests;
      const said = await run("wrk", ["-t", "1", "-c", "16", "-d", "2s", url("/bytes/1000")]);
      const counted = Number(/(\d+) requests in/.exec(said)?.[1]);
      assert.doesNotMatch(said, /Non-2xx|Socket errors/, said);
      // What was under way when it stopped reaches the application a little later, and nobody reads it.
      await settled(app);
      const more = app.requests - before - counted;
      assert.ok(counted > 100 && more >= 0 && more <= 16, `wrk ${counted}, application ${more} more`);
    });
  }
  await t.test("h2load: every request is answered and was made once", { skip: missing("h2load") }, async () => {
    for (const [path, count] of [
      ["/", 2_000],
      ["/bytes/20000", 1_000],
    ] as const) {
      const before = app.requests;
      const version = client === 1 ? ["--h1"] : ["-m", "50"];
      const said = await run("h2load", [...version, "-n", String(count), "-c", "4", url(path)]);
      assert.match(said, new RegExp(`${count} total, ${count} started, ${count} done, ${count} succeeded, 0 failed, 0 errored, 0 timeout`));
      assert.equal(app.requests - before, count);
    }
  });
}

/** Resolves when no request has come for a while. */
async function settled(app: HttpApp): Promise<void> {
  let last = -1;
  let since = performance.now();
  await waitFor("the last requests", () => {
    if (app.requests !== last) since = performance.now();
    last = app.requests;
    return performance.now() - since > 300;
  });
}
