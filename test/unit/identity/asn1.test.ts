import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Asn1Error, encodeDer, parseDer, parseOid } from "../../../src/identity/asn1.ts";
import { encodeIp, formatIp } from "../../../src/identity/extensions.ts";
import { encodeTime, parseTime } from "../../../src/identity/time.ts";

const notDer: [title: string, hex: string][] = [
  ["nothing", ""],
  ["a tag alone", "30"],
  ["bytes after the element", "0500ff"],
  ["a length beyond the end", "3005020101"],
  ["an indefinite length", "30800201010000"],
  ["a long form where the short one does", "3081030201 01".replaceAll(" ", "")],
  ["a length with a leading zero", "30820003020101"],
  ["an integer with a superfluous zero byte", "02020001"],
  ["an integer with a superfluous ff byte", "0202ff80"],
  ["nesting without end", "30".padEnd(2, "0") + "80".repeat(40)],
];
for (const [title, hex] of notDer) {
  test(`not DER: ${title}`, () => assert.throws(() => parseDer(Buffer.from(hex, "hex")), Asn1Error));
}

test("nesting is bounded", () => {
  let nested = Buffer.from("0500", "hex");
  for (let depth = 0; depth < 40; depth += 1) nested = Buffer.concat([Buffer.from([0x30, nested.length]), nested]);
  assert.throws(() => parseDer(nested), Asn1Error);
});

test("an object identifier that ends in the middle of an arc is refused", () => {
  assert.throws(() => parseOid(parseDer(Buffer.from("06032a8648", "hex").fill(0x86, 4)), "x"), Asn1Error);
  assert.equal(parseOid(parseDer(Buffer.from("06032a0304", "hex")), "x"), "1.2.3.4");
});

test("any bytes are either refused or come back the same", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const der = Buffer.from(bytes);
      try {
        assert.deepEqual(encodeDer(parseDer(der)), der);
      } catch (error) {
        assert.ok(error instanceof Asn1Error, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test("times survive the trip, in the form RFC 5280 wants for their year", () => {
  for (const iso of [
    "1999-12-31T23:59:59Z",
    "2026-02-28T00:00:00Z",
    "2049-12-31T23:59:59Z",
    "2050-01-01T00:00:00Z",
    "2999-01-01T00:00:00Z",
  ]) {
    const element = encodeTime(Date.parse(iso));
    assert.equal(element.type, Number(iso.slice(0, 4)) >= 2050 ? 24 : 23);
    assert.equal(parseTime(element, "time"), Date.parse(iso));
  }
});

test("times that are no instant are refused", () => {
  for (const text of [
    "260230120000Z",
    "261301000000Z",
    "260101240000Z",
    "2601010000Z",
    "260101000000+0100",
    "260101000000",
    "26010100000Z",
  ]) {
    assert.throws(() => parseTime({ tagClass: 0, type: 23, constructed: false, value: text }, "time"), Asn1Error, text);
  }
});

test("IP addresses become 4 or 16 bytes", () => {
  const cases: [text: string, hex: string, full: string][] = [
    ["127.0.0.1", "7f000001", "127.0.0.1"],
    ["::1", "00000000000000000000000000000001", "0:0:0:0:0:0:0:1"],
    ["fe80::1:2", "fe800000000000000000000000010002", "fe80:0:0:0:0:0:1:2"],
    ["2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006", "2001:db8:1:2:3:4:5:6"],
    ["::", "00".repeat(16), "0:0:0:0:0:0:0:0"],
  ];
  for (const [text, hex, full] of cases) {
    assert.equal(encodeIp(text).toString("hex"), hex);
    assert.equal(formatIp(Buffer.from(hex, "hex")), full);
  }
  assert.equal(formatIp(Buffer.alloc(5)), null);
});
