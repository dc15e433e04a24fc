/** HTTP/2 applications that break the protocol: their caller gets one clear answer, and nobody else's is touched (promise S5). */
import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, describe, it } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Http2Peer, type PeerMessage } from "../../../support/http2/peer.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  WINDOW_UPDATE,
  block,
  frame,
  headers,
  settings,
  uint32,
} from "../../../unit/proxy/http2/frames.ts";
import { until } from "../sides.ts";
import { startPair } from "./pair.ts";

const OPEN = END_HEADERS;
const GRANTED = [":status", "200"];

/** What the application does with a request for `/bad`; other requests get their path back. */
type Mischief = (id: number, peer: Http2Peer) => void;

const poison = (id: number): Buffer => Buffer.concat([headers(id, GRANTED, OPEN), frame(DATA, END_STREAM, id, "poison")]);

const MISCHIEF: Readonly<Record<string, Mischief>> = {
  "an answer for the next stream": (id, peer) => void peer.send(poison(id + 2)),
  "an answer for an earlier stream": (id, peer) => void peer.send(poison(Math.max(1, id - 2)), frame(RST_STREAM, 0, id, uint32(2))),
  "two answers": (id, peer) => void peer.send(headers(id, [...GRANTED, "content-length", "0"]), poison(id)),
  "DATA before the head": (id, peer) => void peer.send(frame(DATA, END_STREAM, id, "poison")),
  "less than its length": (id, peer) =>
    void peer.send(headers(id, [...GRANTED, "content-length", "9"], OPEN), frame(DATA, END_STREAM, id, "short")),
  "more than its length": (id, peer) =>
    void peer.send(headers(id, [...GRANTED, "content-length", "2"], OPEN), frame(DATA, END_STREAM, id, "longer")),
  "a head with CRLF": (id, peer) => void peer.send(headers(id, [...GRANTED, "x-a", "b\r\n\r\nHTTP/1.1 200 OK\r\n\r\npoison"])),
  "no :status": (id, peer) => void peer.send(headers(id, ["x-a", "b"])),
  "101": (id, peer) => void peer.send(headers(id, [":status", "101"])),
  "transfer-encoding": (id, peer) =>
    void peer.send(headers(id, [...GRANTED, "transfer-encoding", "chunked"], OPEN), frame(DATA, END_STREAM, id, "0\r\n\r\n")),
  "interim answers without end": (id, peer) => {
    for (let count = 0; count < 200; count += 1) peer.send(headers(id, [":status", "103"], OPEN));
  },
  "a push": (id, peer) => void peer.send(frame(PUSH_PROMISE, END_HEADERS, id, Buffer.concat([uint32(2), block([":method", "GET"])]))),
  "a reset": (id, peer) => void peer.send(frame(RST_STREAM, 0, id, uint32(2))),
  "a reset in the middle": (id, peer) =>
    void peer.send(headers(id, GRANTED, OPEN), frame(DATA, 0, id, "half"), frame(RST_STREAM, 0, id, uint32(2))),
  "goodbye, and nothing": (_id, peer) => void peer.socket.end(frame(GOAWAY, 0, 0, uint32(0, 2))),
  "the end": (_id, peer) => void peer.socket.end(),
  "HTTP/1.1": (_id, peer) => void peer.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
  "a flood of SETTINGS": (_id, peer) => void peer.send(...Array.from({ length: 100 }, () => settings(3, 9))),
  "a flood of PING": (_id, peer) => void peer.send(...Array.from({ length: 500 }, () => frame(PING, 0, 0, "12345678"))),
  "a flood of WINDOW_UPDATE": (_id, peer) => void peer.send(...Array.from({ length: 2_000 }, () => frame(WINDOW_UPDATE, 0, 0, uint32(1)))),
  "a flood of PRIORITY": (id, peer) => void peer.send(...Array.from({ length: 1_000 }, () => frame(PRIORITY, 0, id, Buffer.alloc(5)))),
  "a flood of CONTINUATION": (id, peer) =>
    void peer.send(frame(HEADERS, 0, id, block(GRANTED)), ...Array.from({ length: 100 }, () => frame(CONTINUATION, 0, id))),
  "bytes that are no frames": (_id, peer) => void peer.socket.write(Buffer.alloc(200, 0xff)),
};

const NAMES = Object.keys(MISCHIEF);
/** An application may answer any request it has got, and wrongly: with others under way these two are such answers. */
const BESIDE = NAMES.filter((name) => !name.startsWith("an answer for"));

async function startApp(t: TestContext): Promise<{ port: number; mischief: { name: string } }> {
  const mischief = { name: "" };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    Http2Peer.accepted(socket, {
      onOver: ({ id, head }: PeerMessage, peer) => {
        const path = head?.find(([name]) => name === ":path")?.[1] ?? "";
        if (path === "/bad") (MISCHIEF[mischief.name] as Mischief)(id, peer);
        else peer.send(headers(id, [...GRANTED, "content-length", String(path.length)], OPEN), frame(DATA, END_STREAM, id, path));
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, mischief };
}

/** One request; its whole answer, or what there is of it when the connection ends. */
async function ask(client: RawClient, path: string): Promise<string> {
  client.received = Buffer.alloc(0);
  client.send(`GET ${path} HTTP/1.1\r\nHost: api\r\n\r\n`);
  await client.until((c) => c.closed || c.ended || isWhole(c.text), `the answer to ${path}`);
  return client.text;
}

function isWhole(text: string): boolean {
  const end = text.lastIndexOf("\r\n\r\n") + 4;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
  if (text.includes("chunked")) return text.endsWith("0\r\n\r\n");
  return length !== undefined && text.length >= end + Number(length);
}

describe("hostile HTTP/2 applications", () => {
  for (const name of NAMES) {
    it(`${name}: one clear answer`, async (t) => {
      const { port: appPort, mischief } = await startApp(t);
      mischief.name = name;
      const { port, outboundSide, inboundSide } = await startPair(t, { appPort, protocol: Protocol.HTTP2 });
      for (let count = 0; count < 3; count += 1) {
        const client = await RawClient.connect(port);
        assert.match(await ask(client, `/good/${count}`), new RegExp(`\r\n\r\n/good/${count}$`));
        const answer = (await ask(client, "/bad")).replaceAll("HTTP/1.1 103 Early Hints\r\n\r\n", "");
        assert.doesNotMatch(answer, /poison/);
        // Our own answer; or one that had begun already, and is visibly cut.
        if (answer === "" || answer.startsWith("HTTP/1.1 200 ")) assert.ok(name === "two answers" || client.closed || client.ended, answer);
        else assert.match(answer, /^HTTP\/1\.1 50[23] [^]*\r\nx-meshctl-reason: (?:upstream-[a-z-]+|app-unreachable)\r\n/);
        client.close();
      }
      await until("nothing is left", () => outboundSide.activeRequests + inboundSide.activeRequests === 0);
    });
  }

  it("10,000 requests beside all of it: every answer is the right one", async (t) => {
    const { port: appPort, mischief } = await startApp(t);
    const { port } = await startPair(t, { appPort, protocol: Protocol.HTTP2 });
    let next = 0;
    let failed = 0;
    const worker = async (): Promise<void> => {
      let client = await RawClient.connect(port);
      while (next < 10_000) {
        next += 1;
        const bad = next % 20 === 0;
        if (bad) mischief.name = BESIDE[(next / 20) % BESIDE.length] as string;
        const path = bad ? "/bad" : `/n/${next}`;
        const answer = await ask(client, path);
        assert.doesNotMatch(answer, /poison/);
        if (!bad && answer.startsWith("HTTP/1.1 200 ") && isWhole(answer))
          assert.ok(answer.endsWith(`\r\n\r\n${path}`), `${path}: ${answer}`);
        else if (!bad) failed += 1;
        if (client.closed || client.ended) {
          client.close();
          client = await RawClient.connect(port);
        }
      }
      client.close();
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    t.diagnostic(`${failed} of 9,500 shared a connection with an application that broke it, and were told so`);
  });
});
