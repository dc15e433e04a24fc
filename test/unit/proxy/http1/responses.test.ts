import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ROLE_RESPONSE } from "../../../../src/proxy/http1/codec/head.ts";
import { readMessages } from "../../../support/http1-events.ts";

const OK = "HTTP/1.1 200 OK\r\n";

/** RFC 9112 6.3, row by row: how long the body of an answer is. */
const BODIES: readonly (readonly [name: string, bytes: string, bodies: readonly string[], answersHead?: boolean])[] = [
  ["Content-Length", `${OK}Content-Length: 3\r\n\r\nabc`, ["abc"]],
  ["chunked", `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, ["abc"]],
  ["until the end of the connection", `${OK}\r\nabc`, ["abc"]],
  ["the answer to HEAD has none", `${OK}Content-Length: 3\r\n\r\n`, [""], true],
  ["the answer to HEAD has none, chunked or not", `${OK}Transfer-Encoding: chunked\r\n\r\n`, [""], true],
  ["204 has none", `HTTP/1.1 204 No Content\r\n\r\n${OK}Content-Length: 1\r\n\r\na`, ["", "a"]],
  ["304 has none", `HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n${OK}Content-Length: 1\r\n\r\na`, ["", "a"]],
  ["100 has none", `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 1\r\n\r\na`, ["", "a"]],
];

describe("bodies of answers", () => {
  for (const [name, bytes, bodies, answersHead] of BODIES) {
    test(name, () => {
      const { messages, failure } = readMessages(ROLE_RESPONSE, Buffer.from(bytes), [], [answersHead === true]);
      assert.equal(failure, "");
      assert.deepEqual(
        messages.map(({ body }) => body),
        bodies,
      );
      assert.ok(messages.every(({ complete }) => complete));
    });
  }
});

const REFUSED: readonly (readonly [name: string, bytes: string, code: string])[] = [
  ["another protocol", "HTTPS/1.1 200 OK\r\n\r\n", "bad-status-line"],
  ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "bad-version"],
  ["no status", "HTTP/1.1 \r\n\r\n", "bad-status-line"],
  ["two digits", "HTTP/1.1 20 OK\r\n\r\n", "bad-status-line"],
  ["four digits", "HTTP/1.1 2000 OK\r\n\r\n", "bad-status-line"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n", "bad-status-line"],
  ["a bare LF after the phrase", "HTTP/1.1 200 OK\n\r\n", "bare-lf"],
  ["a bare CR after the phrase", "HTTP/1.1 200 OK\rX", "bare-cr"],
  ["NUL in the phrase", "HTTP/1.1 200 O\0K\r\n\r\n", "bad-status-line"],
  ["an empty line first", `\r\n${OK}\r\n`, "bad-status-line"],
  ["length and encoding", `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, "length-and-encoding"],
  ["two lengths", `${OK}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, "doubled-length"],
  ["an encoding nobody knows", `${OK}Transfer-Encoding: gzip\r\n\r\n`, "unknown-encoding"],
  ["an encoding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "encoding-in-1.0"],
  ["a folded line", `${OK}X: a\r\n b\r\n\r\n`, "folded-line"],
  ["a phrase without end", `HTTP/1.1 200 ${"x".repeat(1_000)}`, "bad-status-line"],
];

describe("answers that are none", () => {
  for (const [name, bytes, code] of REFUSED) {
    test(name, () => assert.equal(readMessages(ROLE_RESPONSE, Buffer.from(bytes, "latin1")).failure, code));
  }
});
