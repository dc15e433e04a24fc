import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ROLE_REQUEST, ROLE_RESPONSE } from "../../../../src/proxy/http1/codec/head.ts";
import { readMessages } from "../../../support/http1-events.ts";
import { HTTP1_ROWS } from "../../../support/http1-vectors.ts";

/** Pieces of HTTP in every order: near-misses are likelier than with random bytes. */
const PIECES = [
  "GET / HTTP/1.1\r\n",
  "POST /p HTTP/1.1\r\n",
  "PUT / HTTP/1.0\r\n",
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.0 404 \r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 204 No Content\r\n",
  "Host: a\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close, x\r\n",
  "X: y\r\n",
  " folded\r\n",
  "\r\n",
  "3\r\nabc\r\n",
  "0\r\n",
  "5;a=b\r\n",
  "abc",
  ":",
  " ",
  "\r",
  "\n",
  "\0",
  "\xff",
];
const stream = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string({ maxLength: 6 }) }),
  {
    maxLength: 25,
  },
);
const vector = fc.constantFrom(
  ...HTTP1_ROWS.flatMap(({ vectors }) => vectors.filter(({ bytes }) => bytes.length < 2_000)).map(({ bytes }) => bytes),
);
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });

for (const [name, role] of [
  ["requests", ROLE_REQUEST],
  ["responses", ROLE_RESPONSE],
] as const) {
  test(`${name}: however the reads are cut, the same messages or the same failure; never an exception`, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          stream.map((pieces) => pieces.join("")),
          fc.tuple(vector, vector).map(([a, b]) => a + b),
        ),
        cuts,
        (text, places) => {
          const bytes = Buffer.from(text, "latin1");
          const ascending = [...new Set(places.filter((place) => place < bytes.length))].sort((a, b) => a - b);
          assert.deepEqual(readMessages(role, bytes, ascending), readMessages(role, bytes));
        },
      ),
      { numRuns: 1_500 },
    );
  });
}

test("what is read is what was written: any headers and body, in chunks of any size", () => {
  const name = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
    .filter((text) => !/^(content-length|transfer-encoding|host|expect|connection|upgrade|keep-alive)$/i.test(text));
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const body = fc.array(fc.string({ minLength: 1, maxLength: 50, unit: "binary-ascii" }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 10 }), body, cuts, (headers, chunks, places) => {
      const lines = headers.map(([key, text]) => `${key}: ${text}\r\n`).join("");
      const encoded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
      const text = `POST /x HTTP/1.1\r\nHost: a\r\n${lines}Transfer-Encoding: chunked\r\n\r\n${encoded}0\r\n\r\n`;
      const ascending = [...new Set(places.filter((place) => place < text.length))].sort((a, b) => a - b);
      const { messages, failure } = readMessages(ROLE_REQUEST, Buffer.from(text, "latin1"), ascending);
      assert.equal(failure, "");
      assert.equal(messages.length, 1);
      assert.deepEqual(messages[0]?.headers.slice(2, -2), headers.flat());
      assert.equal(messages[0]?.body, chunks.join(""));
    }),
    { numRuns: 500 },
  );
});
