/** What an application of HTTP/2 says by ending a stream, and what it is told of the mesh: nothing. */
import assert from "node:assert/strict";
import { type IncomingHttpHeaders, type ServerHttp2Stream, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { asker } from "./apps.ts";
import { startPair } from "./pair.ts";

test("a stream that the application resets was processed: its request is not sent again, whatever the method", async (t) => {
  const paths: string[] = [];
  const heads: IncomingHttpHeaders[] = [];
  const app = createServer({ settings: { enableConnectProtocol: true } });
  app.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    paths.push(String(headers[":path"]));
    heads.push(headers);
    stream.on("error", () => {});
    const code = /^\/reset\/(\d+)/.exec(String(headers[":path"]))?.[1];
    if (code !== undefined) stream.close(Number(code));
    else {
      stream.respond({ ":status": 200, "content-length": 4 });
      stream.end("fine");
    }
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  t.after(() => app.close());
  const { port } = await startPair(t, { appPort: (app.address() as AddressInfo).port, protocol: Protocol.HTTP2 });
  const ask = asker(t, port, 1);
  // Connections on which nothing was reset before.
  assert.equal((await ask({ path: "/first" })).status, 200);
  // PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED
  for (const code of [1, 2, 8, 11, 13]) {
    const { status, headers } = await ask({ path: `/reset/${code}` });
    assert.deepEqual([status, headers["x-meshctl-reason"]], [502, "upstream-reset"], `code ${code}`);
    assert.equal(paths.filter((path) => path === `/reset/${code}`).length, 1, `code ${code}`);
  }
  assert.equal((await ask({ path: "/last" })).status, 200, "and the connection serves on");

  for (const method of ["POST", "HEAD", "GET"]) {
    const client = await RawClient.connect(port);
    client.send(`${method} /up-${method} HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: thing\r\n\r\n`);
    await client.untilText("\r\n\r\n");
    client.close();
    const head = heads.find((seen) => seen[":path"] === `/up-${method}`);
    assert.equal(head?.[":method"], method === "GET" ? "CONNECT" : method);
    assert.deepEqual(
      Object.keys(head ?? {}).filter((name) => name.startsWith("x-meshctl")),
      [],
    );
  }
});
