/** An application that answers a request for an upgrade as if nothing had been asked for (RFC 9110 7.8): nothing is upgraded. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { ALPN } from "../../../../src/messages/names.ts";
import { DATA, END_STREAM, frame, headers } from "../../../unit/proxy/http2/frames.ts";
import { END_HEADERS } from "../../../unit/proxy/http2/frames.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { Http2Peer } from "../../../support/http2/peer.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { startPair } from "./pair.ts";

const ANSWERS: Readonly<Record<string, string>> = {
  200: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "200 in chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
  204: "HTTP/1.1 204 No Content\r\n\r\n",
  400: "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno",
  "200 that lies about it": "HTTP/1.1 200 OK\r\nx-meshctl-status: 299\r\nContent-Length: 5\r\n\r\nhello",
  "502 that lies about it": "HTTP/1.1 502 No\r\nx-meshctl-status: 200\r\nContent-Length: 2\r\n\r\nno",
};

for (const transport of [ALPN.H2, ALPN.H1]) {
  for (const [name, answer] of Object.entries(ANSWERS)) {
    it(`${name} over ${transport}: an HTTP/1 client gets it, and the connection serves on`, async (t) => {
      const backend = await RawBackend.start(answering(answer));
      t.after(() => backend.close());
      const { port } = await startPair(t, { appPort: backend.port, transport });
      const client = await RawClient.connect(port);
      for (let count = 0; count < 2; count += 1) {
        client.received = Buffer.alloc(0);
        client.send("GET /up HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAA\r\n\r\n");
        const [status] = /\d{3}/.exec(answer) as RegExpExecArray;
        const body = status === "204" ? "" : status === "200" ? "hello" : "no";
        await client.until((c) => c.closed || (c.text.includes("\r\n\r\n") && c.text.includes(body)), "the answer");
        assert.match(client.text, new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.doesNotMatch(client.text, /x-meshctl|upgrade:/i);
        await client.until(
          (c) => !/chunked/i.test(c.text) || c.text.endsWith("0\r\n\r\n") || /0\r\nx-t: 1\r\n\r\n$/i.test(c.text),
          "its end",
        );
      }
      client.close();
      assert.equal((backend.text.match(/GET \/up/g) ?? []).length, 2);
    });
  }

  it(`HEAD with an Upgrade over ${transport}: an answer with a length and no body, and the connection serves on`, async (t) => {
    const backend = await RawBackend.start(answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    t.after(() => backend.close());
    const { port } = await startPair(t, { appPort: backend.port, transport });
    const client = await RawClient.connect(port);
    for (let count = 0; count < 2; count += 1) {
      client.received = Buffer.alloc(0);
      client.send("HEAD /up HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
      await client.untilText("\r\n\r\n");
      assert.match(client.text, /^HTTP\/1\.1 200 [^]*content-length: 5/i);
    }
    client.close();
    assert.match(backend.text, /^HEAD \/up /);
  });

  it(`an HTTP/2 client is not told that it has a tunnel, over ${transport}; what it sent ahead reaches nobody`, async (t) => {
    const backend = await RawBackend.start(answering(ANSWERS["200"] as string));
    t.after(() => backend.close());
    const { port } = await startPair(t, { appPort: backend.port, transport });
    const peer = await Http2Peer.connect(port);
    const connect = [":method", "CONNECT", ":scheme", "http", ":authority", "api", ":path", "/up", ":protocol", "websocket"];
    peer.send(headers(1, connect, END_HEADERS), frame(DATA, 0, 1, "GET /smuggled HTTP/1.1\r\nHost: api\r\n\r\n"));
    await peer.until("an answer", ({ messages }) => messages.get(1)?.over === true);
    assert.equal(peer.message(1).status, 502);
    peer.send(frame(DATA, END_STREAM, 1, "more"));
    peer.send(headers(3, [":method", "GET", ":scheme", "http", ":authority", "api", ":path", "/after"]));
    await peer.until("the next answer", ({ messages }) => messages.get(3)?.over === true);
    assert.equal(peer.message(3).status, 200);
    peer.close();
    assert.doesNotMatch(backend.text, /smuggled|more/);
  });
}
