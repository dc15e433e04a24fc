import assert from "node:assert/strict";
import { test } from "node:test";
import { requestIdFor } from "../../../src/telemetry/request-id.ts";
import { formatB3Single, parseB3Multi, parseB3Single } from "../../../src/telemetry/trace/b3.ts";
import { formatTraceparent, parseTraceparent } from "../../../src/telemetry/trace/w3c.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** W3C Trace Context 3.2: header value, and the sampled flag or null when it is to be ignored. */
const TRACEPARENTS: readonly (readonly [string, boolean | null])[] = [
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`00-${TRACE}-${SPAN}-03`, true],
  [`cc-${TRACE}-${SPAN}-01-what-comes-later`, true],
  [`cc-${TRACE}-${SPAN}-01`, true],
  [`cc-${TRACE}-${SPAN}-01.later`, null],
  [`00-${TRACE}-${SPAN}-01-more`, null],
  [`ff-${TRACE}-${SPAN}-01`, null],
  [`00-${"0".repeat(32)}-${SPAN}-01`, null],
  [`00-${TRACE}-${"0".repeat(16)}-01`, null],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, null],
  [`00-${TRACE}-${SPAN}-1`, null],
  [`00-${TRACE}-${SPAN}`, null],
  [`00-${TRACE.slice(1)}-${SPAN}-01`, null],
  [` 00-${TRACE}-${SPAN}-01`, null],
  ["", null],
];

for (const [value, sampled] of TRACEPARENTS) {
  test(`traceparent '${value}'`, () => {
    assert.deepEqual(parseTraceparent(value), sampled === null ? null : { traceId: TRACE, parentId: SPAN, sampled });
  });
}

test("traceparent is written as it is read", () => {
  for (const flags of ["00", "01"]) {
    const context = parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`);
    assert.ok(context);
    assert.equal(formatTraceparent(context), `00-${TRACE}-${SPAN}-${flags}`);
  }
});

const B3: readonly (readonly [string, boolean | null])[] = [
  [`${TRACE}-${SPAN}-1`, true],
  [`${TRACE}-${SPAN}-d`, true],
  [`${TRACE}-${SPAN}-0`, false],
  [`${TRACE}-${SPAN}`, false],
  [`${TRACE}-${SPAN}-1-${SPAN}`, true],
  [`${TRACE}-${SPAN}-x`, null],
  [`${TRACE}-${SPAN}-1-nope`, null],
  [`${TRACE}-${SPAN}-1-${SPAN}-1`, null],
  ["0", null],
  [`${TRACE.slice(2)}-${SPAN}-1`, null],
  ["", null],
];

for (const [value, sampled] of B3) {
  test(`b3 '${value}'`, () => {
    assert.deepEqual(parseB3Single(value), sampled === null ? null : { traceId: TRACE, parentId: SPAN, sampled });
  });
}

test("B3 in several headers, with a 64-bit trace id and debug", () => {
  const headers = new Map([
    ["x-b3-traceid", TRACE.slice(16).toUpperCase()],
    ["x-b3-spanid", SPAN],
    ["x-b3-flags", "1"],
  ]);
  const context = parseB3Multi((name) => headers.get(name));
  assert.deepEqual(context, { traceId: `${"0".repeat(16)}${TRACE.slice(16)}`, parentId: SPAN, sampled: true });
  assert.equal(formatB3Single({ traceId: TRACE, parentId: SPAN, sampled: false }), `${TRACE}-${SPAN}-0`);
  assert.equal(
    parseB3Multi(() => undefined),
    null,
  );
});

test("a caller's request id is kept when it is harmless", () => {
  assert.equal(requestIdFor("abc-123"), "abc-123");
  for (const sent of [undefined, "", "a b", "x".repeat(129), "a\u0000", "é", '"']) {
    assert.match(requestIdFor(sent), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
