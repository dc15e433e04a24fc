import { LoopTurn } from "../../src/lib/loop-turn.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Deadline, Wheel } from "../../src/lib/wheel.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/contract.ts";
import { ByteWriter } from "../../src/proxy/http1/codec/byte-writer.ts";
import { Head, ROLE_REQUEST } from "../../src/proxy/http1/codec/head.ts";
import { methodOf } from "../../src/proxy/http1/codec/methods.ts";
import { readHead } from "../../src/proxy/http1/codec/scan.ts";
import { DROP_REQUEST, copyLines } from "../../src/proxy/http1/codec/write-head.ts";
import { micro } from "./micro.ts";

const SHORT = Buffer.from("GET /items?page=1 HTTP/1.1\r\nHost: 127.0.0.1:9101\r\n\r\n");
const LONG = Buffer.from(
  "GET /items?page=1 HTTP/1.1\r\nHost: api.default\r\nConnection: keep-alive\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n" +
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\n" +
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n" +
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
);
const head = new Head(DEFAULT_LIMITS);
const out = new ByteWriter(4_096);

function scan(bytes: Buffer): number {
  head.reset(ROLE_REQUEST);
  return readHead(head, bytes, 0, bytes.length);
}

for (const [name, bytes] of [
  [`${SHORT.length} bytes, 1 line`, SHORT],
  [`${LONG.length} bytes, 8 lines`, LONG],
] as const) {
  micro(`scan a head of ${name}`, () => scan(bytes));
  micro("  its lines copied, one dropped", () => {
    out.reset();
    copyLines(out, head, DROP_REQUEST);
    return out.length;
  });
  micro("  the same as strings", () => bytes.toString("latin1").split("\r\n").length);
}
micro("method without a new string", () => methodOf(head));

const wheel = new Wheel(systemClock);
const deadline = new Deadline({ onDeadline() {} });
micro("a deadline moved on the wheel", (index) => wheel.set(deadline, index / 1_000, 60_000), 5_000_000);
micro("a timer of Node's set and cleared", () => clearTimeout(setTimeout(() => {}, 60_000)), 500_000);
wheel.clear(deadline);

const turn = new LoopTurn();
turn.enterRead();
micro("which poll is this", () => turn.mark(), 5_000_000);
