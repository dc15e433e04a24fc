import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MAX_CLIENT_HELLO_BYTES, parseClientHello } from "../../../../src/proxy/tls/client-hello.ts";
import { classifyFirstBytes } from "../../../../src/proxy/tls/first-bytes.ts";

function vector(lengthBytes: 1 | 2, body: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

function alpnExtension(names: readonly string[]): Buffer {
  const list = Buffer.concat(names.map((name) => vector(1, Buffer.from(name))));
  return Buffer.concat([Buffer.from([0, 16]), vector(2, vector(2, list))]);
}

/** The handshake message of a ClientHello with the given extensions (null: no extension block at all). */
function hello(extensions: readonly Buffer[] | null): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 5),
    vector(1, Buffer.alloc(32, 9)),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.from([0])),
    ...(extensions === null ? [] : [vector(2, Buffer.concat(extensions))]),
  ]);
  const header = Buffer.alloc(4);
  header.writeUInt32BE((1 << 24) | body.length, 0);
  return Buffer.concat([header, body]);
}

/** In records of at most `size` bytes. */
function records(message: Buffer, size = 16_384): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    parts.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + size)));
  }
  return Buffer.concat(parts);
}

/** A server_name extension that lists these names, each with its type. */
function sniExtension(names: readonly (readonly [type: number, name: string])[]): Buffer {
  const list = Buffer.concat(names.map(([type, name]) => Buffer.concat([Buffer.of(type), vector(2, Buffer.from(name, "latin1"))])));
  return Buffer.concat([Buffer.from([0, 0]), vector(2, vector(2, list))]);
}

const SNI = sniExtension([[0, "abc"]]);
const GREASE = Buffer.from([0x0a, 0x0a, 0, 0]);
const NAMES = ["meshctl/h1", "http/1.1"];

describe("a ClientHello", () => {
  it("gives its ALPN names in order, wherever the extension stands", () => {
    assert.deepEqual(parseClientHello(records(hello([alpnExtension(NAMES)]))), { alpn: NAMES, serverName: "" });
    for (const extensions of [
      [SNI, GREASE, alpnExtension(NAMES)],
      [alpnExtension(NAMES), SNI],
    ]) {
      assert.deepEqual(parseClientHello(records(hello(extensions))), { alpn: NAMES, serverName: "abc" });
    }
  });

  it("may have no ALPN, and no extensions at all", () => {
    assert.deepEqual(parseClientHello(records(hello([SNI]))), { alpn: [], serverName: "abc" });
    assert.deepEqual(parseClientHello(records(hello(null))), { alpn: [], serverName: "" });
  });

  it("may be spread over records of any size, and stop at any byte", () => {
    const message = hello([SNI, alpnExtension(NAMES)]);
    for (const size of [1, 3, 4, 50, 16_384]) {
      const bytes = records(message, size);
      for (let end = 0; end < bytes.length; end += 1) {
        assert.equal(parseClientHello(bytes.subarray(0, end)), "more", `records of ${size}, ${end} of ${bytes.length} bytes`);
      }
      assert.deepEqual(parseClientHello(bytes), { alpn: NAMES, serverName: "abc" });
      assert.deepEqual(parseClientHello(Buffer.concat([bytes, Buffer.from("early data")])), { alpn: NAMES, serverName: "abc" });
    }
  });

  it("is something else when a header or a length says so", () => {
    const good = records(hello([alpnExtension(NAMES)]));
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(good);
      copy[at] = value;
      return copy;
    };
    assert.equal(parseClientHello(changed(0, 23)), "other", "not a handshake record");
    assert.equal(parseClientHello(changed(1, 2)), "other", "not TLS 1.x");
    assert.equal(parseClientHello(changed(5, 2)), "other", "a ServerHello");
    assert.equal(parseClientHello(changed(6, 1)), "other", `over ${MAX_CLIENT_HELLO_BYTES} bytes`);
    assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0, 0])), "other", "an empty record");
    assert.equal(parseClientHello(Buffer.from([22, 3, 1, 0x50, 0])), "other", "a record over 16 KiB");
    assert.equal(parseClientHello(changed(5 + 4 + 34, 255)), "other", "a session id that runs over the end");
    assert.equal(
      parseClientHello(records(hello([Buffer.from([0, 16, 0, 3, 0, 9, 1])]))),
      "other",
      "ALPN lengths that contradict each other",
    );
    assert.equal(parseClientHello(records(hello([Buffer.from([0, 16, 0, 3, 0, 1, 0])]))), "other", "an empty ALPN name");
  });
});

describe("the server name of a ClientHello (RFC 6066 3)", () => {
  const long = `${"a".repeat(63)}.`.repeat(3);
  const cases: readonly (readonly [what: string, extension: Buffer, serverName: string | null])[] = [
    ["a name", sniExtension([[0, "api.shop"]]), "api.shop"],
    ["upper case", sniExtension([[0, "API.Shop"]]), "api.shop"],
    ["an underscore, which DNS allows", sniExtension([[0, "_a.b"]]), "_a.b"],
    ["253 bytes", sniExtension([[0, `${long}${"a".repeat(61)}`]]), `${long}${"a".repeat(61)}`],
    ["254 bytes", sniExtension([[0, `${long}${"a".repeat(62)}`]]), null],
    ["a label of 64 bytes", sniExtension([[0, "a".repeat(64)]]), null],
    [
      "two names",
      sniExtension([
        [0, "api"],
        [0, "web"],
      ]),
      null,
    ],
    [
      "the same name twice",
      sniExtension([
        [0, "api"],
        [0, "api"],
      ]),
      null,
    ],
    ["a name of another type", sniExtension([[1, "api"]]), null],
    ["an IPv4 address", sniExtension([[0, "10.0.0.1"]]), null],
    ["an IPv6 address", sniExtension([[0, "::1"]]), null],
    ["an empty name", sniExtension([[0, ""]]), null],
    ["no name at all", sniExtension([]), null],
    ["nothing", Buffer.from([0, 0, 0, 0]), null],
    ["a dot at the end, which does not belong there", sniExtension([[0, "api."]]), null],
    ["two dots", sniExtension([[0, "api..shop"]]), null],
    ["a port", sniExtension([[0, "api:443"]]), null],
    ["a slash", sniExtension([[0, "default/api"]]), null],
    ["NUL", sniExtension([[0, "api\0.shop"]]), null],
    ["a byte over 127", sniExtension([[0, "\xe4pi"]]), null],
    ["a list longer than its extension", Buffer.from([0, 0, 0, 8, 0, 7, 0, 0, 3, 97, 98, 99]), null],
    ["a name longer than its list", Buffer.from([0, 0, 0, 8, 0, 6, 0, 0, 4, 97, 98, 99]), null],
    ["a byte behind the name", Buffer.from([0, 0, 0, 8, 0, 6, 0, 0, 2, 97, 98, 99]), null],
  ];
  for (const [what, extension, serverName] of cases) {
    it(`${what}: ${serverName === null ? "none to go by" : serverName.slice(0, 20)}`, () => {
      assert.deepEqual(parseClientHello(records(hello([extension]))), { alpn: [], serverName });
      assert.deepEqual(parseClientHello(records(hello([extension, alpnExtension(NAMES)]), 1)), { alpn: NAMES, serverName });
    });
  }

  it("an extension that comes twice makes it something else: somebody might heed the other one", () => {
    assert.equal(parseClientHello(records(hello([SNI, SNI]))), "other");
    assert.equal(parseClientHello(records(hello([alpnExtension(NAMES), SNI, alpnExtension(["h2"])]))), "other");
  });
});

describe("first bytes", () => {
  const cases: readonly (readonly [string, string | Buffer, string])[] = [
    ["a request line", "GET / HTTP/1.1\r\n", "http1"],
    ["absolute form", "GET http://api/ HTTP/1.1\r\n", "http1"],
    ["an unknown method of letters", "BREW /pot HTTP/1.1\r\n", "http1"],
    ["OPTIONS *", "OPTIONS * HTTP/1.1", "http1"],
    ["nothing", "", "more"],
    ["the beginning of a method", "GE", "more"],
    ["a method and a space", "GET ", "more"],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"],
    ["half of that preface", "PRI * HT", "more"],
    ["lower case", "get / HTTP/1.1", "other"],
    ["a method that never ends", "AAAAAAAAAAAAAAAAAAAA", "other"],
    ["a word and binary", "PING \x01", "other"],
    ["a database greeting", Buffer.from([0, 0, 0, 8, 4, 0xd2]), "other"],
    ["a beginning of TLS", Buffer.from([22, 3]), "more"],
    ["TLS that is none", Buffer.from([22, 9, 9, 9]), "other"],
  ];
  for (const [what, bytes, kind] of cases) {
    it(`${what}: ${kind}`, () => {
      const result = classifyFirstBytes(Buffer.from(bytes as string, "latin1"));
      assert.equal(typeof result === "string" ? result : result.kind, kind);
    });
  }
});
