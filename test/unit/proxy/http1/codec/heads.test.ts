import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_LIMITS } from "../../../../../src/proxy/contract.ts";
import { parseAuthority } from "../../../../../src/proxy/http1/codec/authority.ts";
import { ByteWriter } from "../../../../../src/proxy/http1/codec/byte-writer.ts";
import { Head, ROLE_REQUEST } from "../../../../../src/proxy/http1/codec/head.ts";
import { isIdempotent, methodOf } from "../../../../../src/proxy/http1/codec/methods.ts";
import { readHead } from "../../../../../src/proxy/http1/codec/scan.ts";
import { RequestTarget, readRequestTarget } from "../../../../../src/proxy/http1/codec/target.ts";

function headOf(text: string): Head {
  const head = new Head(DEFAULT_LIMITS);
  head.reset(ROLE_REQUEST);
  const bytes = Buffer.from(text, "latin1");
  readHead(head, bytes, 0, bytes.length);
  return head;
}

describe("Head", () => {
  const head = headOf("GET /x HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-ONE:  2 \r\n__proto__: p\r\nA_b: c\r\n\r\n");

  test("finds headers by lower-case name and joins several lines", () => {
    assert.equal(head.header("x-one"), "1, 2");
    assert.equal(head.header("host"), "a");
    assert.equal(head.header("x-two"), undefined);
    assert.equal(head.header("a_b"), "c");
  });

  test("names of object properties are names like others", () => {
    assert.equal(head.header("__proto__"), "p");
    assert.equal(head.header("constructor"), undefined);
    assert.equal(head.header("hasownproperty"), undefined);
  });

  test("own() keeps everything when the memory it was read from changes", () => {
    const bytes = Buffer.from("padPUT /y HTTP/1.1\r\nHost: b\r\n\r\nbody");
    const owned = new Head(DEFAULT_LIMITS);
    owned.reset(ROLE_REQUEST);
    assert.equal(readHead(owned, bytes, 3, bytes.length), bytes.length - 4);
    owned.own();
    bytes.fill(0);
    assert.equal(methodOf(owned), "PUT");
    assert.equal(owned.header("host"), "b");
  });
});

test("methods: known ones without a new string, others as they are", () => {
  for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "M-SEARCH", "GETX"]) {
    assert.equal(methodOf(headOf(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)), method);
  }
  assert.ok(isIdempotent("PUT") && isIdempotent("GET"));
  assert.ok(!isIdempotent("POST") && !isIdempotent("PATCH") && !isIdempotent("get"));
});

describe("authorities", () => {
  for (const [raw, text] of [
    ["API", "api"],
    ["api:80", "api:80"],
    ["api:", "api"],
    ["api:080", "api:80"],
    ["[::1]", "[::1]"],
    ["[FE80::1]:8080", "[fe80::1]:8080"],
    ["a%20b", "a%20b"],
    ["1.2.3.4", "1.2.3.4"],
  ] as const) {
    test(`${raw} is ${text}`, () => assert.equal(parseAuthority(raw)?.text, text));
  }
  for (const raw of [
    "",
    ":80",
    "a b",
    "a/b",
    "u@a",
    "a;b",
    "a:b",
    "a:0",
    "a:65536",
    "a:1:2",
    "[::1",
    "::1",
    "[x]",
    "[::1]x",
    "a\tb",
    "ä",
    "a%2",
    "a#b",
    "a?b",
    "a\\b",
    'a"b',
  ]) {
    test(`${JSON.stringify(raw)} is none`, () => assert.equal(parseAuthority(raw), null));
  }
});

describe("targets", () => {
  const read = (text: string, method = "GET"): string | undefined => {
    const target = new RequestTarget();
    const failure = readRequestTarget(text, method, target);
    return failure === null ? `${target.form} ${target.authority} ${target.pathAndQuery}` : failure.code;
  };
  for (const [text, method, wanted] of [
    ["/a?b", "GET", "0  /a?b"],
    ["//a", "GET", "0  //a"],
    ["http://a/b", "GET", "1 a /b"],
    ["HTTP://A:80/b", "GET", "1 a /b"],
    ["http://a:81?q", "GET", "1 a:81 /?q"],
    ["http://a", "OPTIONS", "1 a *"],
    ["http://a", "GET", "1 a /"],
    ["*", "OPTIONS", "3  *"],
    ["*", "GET", "bad-target"],
    ["a:1", "CONNECT", "2 a:1 "],
    ["a", "CONNECT", "bad-target"],
    ["http://a/", "CONNECT", "bad-target"],
    ["a:1", "GET", "bad-target"],
    ["ftp://a/", "GET", "bad-target"],
    ["http:/a", "GET", "bad-target"],
    ["http://", "GET", "bad-target"],
  ] as const) {
    test(`${method} ${text}`, () => assert.equal(read(text, method), wanted));
  }
});

test("a writer grows, and writes chunk sizes in their shortest form", () => {
  const out = new ByteWriter(4);
  const long = "x".repeat(100);
  out.text("ab");
  out.text(long);
  out.span(Buffer.from("0123456789"), 2, 5);
  out.decimal(1_234);
  for (const size of [0, 9, 10, 15, 16, 255, 256, 65_536, 2 ** 40]) out.chunkLine(size);
  assert.equal(
    out.bytes.toString("latin1", 0, out.length),
    `ab${long}2341234${[0, 9, 10, 15, 16, 255, 256, 65_536, 2 ** 40].map((n) => `${n.toString(16)}\r\n`).join("")}`,
  );
});
