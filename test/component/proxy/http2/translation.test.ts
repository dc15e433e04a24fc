/** Requests between both versions of HTTP, across the mesh: what an application sees does not depend on the way. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../../../../src/messages/names.ts";
import { asker, startApp } from "./apps.ts";
import { startPair } from "./pair.ts";

for (const transport of [ALPN.H2, ALPN.H1]) {
  for (const client of [1, 2] as const) {
    for (const server of [1, 2] as const) {
      describe(`HTTP/${client} client, ${transport}, HTTP/${server} application`, () => {
        const protocol = server === 1 ? Protocol.HTTP : Protocol.HTTP2;

        it("method, path, Host, fields and body are the same on the other side", async (t) => {
          const app = await startApp(t, server);
          const { port } = await startPair(t, { appPort: app.port, protocol, transport });
          const ask = asker(t, port, client);
          const got = await ask({
            method: "POST",
            path: "/a/b%20c?d=e",
            host: "api.default:80",
            headers: { "x-one": "1", cookie: "a=b; c=d", "content-type": "text/plain" },
            body: "the body",
          });
          assert.deepEqual([got.status, got.body.toString(), got.headers["x-app"]], [200, "hello", "here"]);
          assert.match(got.headers["set-cookie"] ?? "", /a=1, ?b=2/);
          const [seen] = app.seen;
          assert.deepEqual(
            [seen?.method, seen?.path, seen?.host, seen?.body, seen?.headers["x-one"], seen?.headers["cookie"]],
            ["POST", "/a/b%20c?d=e", "api.default:80", "the body", "1", "a=b; c=d"],
          );
          assert.ok(seen?.headers["x-request-id"]);
          assert.equal(
            Object.keys(seen?.headers ?? {}).some((name) => name.startsWith("x-meshctl")),
            false,
          );
        });

        it("trailers of requests and answers", async (t) => {
          const app = await startApp(t, server);
          const { port } = await startPair(t, { appPort: app.port, protocol, transport });
          const got = await asker(
            t,
            port,
            client,
          )({ method: "POST", path: "/trailers", body: "x".repeat(1_000), trailers: { "x-end": "7" } });
          assert.deepEqual([got.status, got.body.toString(), got.trailers["x-sum"], got.trailers["x-other"]], [200, "some", "42", "yes"]);
          assert.deepEqual([app.seen[0]?.trailers["x-end"], app.seen[0]?.body.length], ["7", 1_000]);
        });

        it("HEAD, 204, 304 and interim answers have no body and leave the connection usable", async (t) => {
          const app = await startApp(t, server);
          const { port } = await startPair(t, { appPort: app.port, protocol, transport });
          const ask = asker(t, port, client);
          const head = await ask({ method: "HEAD", path: "/length/1000" });
          assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "1000", 0]);
          for (const status of [204, 304]) assert.equal((await ask({ path: `/status/${status}` })).status, status);
          const hinted = await ask({ path: "/hints" });
          assert.deepEqual([hinted.interim, hinted.body.toString()], [[103], "hinted"]);
          assert.equal((await ask({ method: "POST", path: "/" })).status, 200);
          assert.equal((await ask({})).body.toString(), "hello");
        });

        it("large bodies of known and unknown length, both ways at once", async (t) => {
          const app = await startApp(t, server);
          const { port } = await startPair(t, { appPort: app.port, protocol, transport });
          const ask = asker(t, port, client);
          const sizes = [1, 16_384, 65_535, 65_536, 300_000, 1_000_000];
          await Promise.all(
            sizes.flatMap((size) =>
              ["bytes", "length"].map(async (kind) => {
                const got = await ask({ method: "POST", path: `/${kind}/${size}`, body: Buffer.alloc(size, "u") });
                assert.deepEqual([got.status, got.body.length], [200, size], `${kind} ${size}`);
                assert.ok(got.body.every((byte) => byte === got.body[0]));
              }),
            ),
          );
          assert.deepEqual(
            app.seen.map(({ body }) => body.length).sort((a, b) => a - b),
            sizes.flatMap((size) => [size, size]),
          );
        });

        it("fifty fields, long values, and none of ours from outside", async (t) => {
          const app = await startApp(t, server);
          const { port } = await startPair(t, { appPort: app.port, protocol, transport });
          const headers: Record<string, string> = { "x-meshctl-source": "default/admin", "x-forwarded-client-cert": "me" };
          for (let index = 0; index < 50; index += 1) headers[`x-field-${index}`] = `${index}`.repeat(100);
          const got = await asker(t, port, client)({ headers });
          assert.equal(got.status, 200);
          const seen = app.seen[0]?.headers ?? {};
          for (let index = 0; index < 50; index += 1) assert.equal(seen[`x-field-${index}`], `${index}`.repeat(100));
          assert.deepEqual([seen["x-meshctl-source"], seen["x-forwarded-client-cert"]], [undefined, undefined]);
        });

        it("many at a time", async (t) => {
          const app = await startApp(t, server);
          const { port, outer, inner } = await startPair(t, { appPort: app.port, protocol, transport });
          const ask = asker(t, port, client);
          const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => ask({ path: `/length/${index}` })));
          answers.forEach(({ status, body }, index) => assert.deepEqual([status, body.length], [200, index]));
          assert.deepEqual([outer.observer.records.length, inner.observer.records.length], [200, 200]);
          if (transport === ALPN.H2) assert.equal(outer.outbound.upstreamConnections, 1);
        });
      });
    }
  }
}
