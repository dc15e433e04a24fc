import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfName } from "../../../../src/proxy/http1/codec/names.ts";
import { dropOfRequest } from "../../../../src/proxy/http1/codec/write-head.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import { RequestTrace } from "../../../../src/proxy/trace/request-trace.ts";
import { Tracer } from "../../../../src/proxy/trace/tracer.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SHORT = TRACE.slice(16);
const CALLER = "b7ad6b7169203331";

type Headers = Readonly<Record<string, string>>;

/** A sampled request: what the next hop gets, with `SPAN` for the new span and `TRACE*` for a new trace. */
interface Passed {
  readonly lines: readonly string[];
  readonly parent: string;
  /** Header lines that stay behind. */
  readonly without: readonly string[];
}

const W3C = { traceparent: `00-${TRACE}-${CALLER}-01` };
const W3C_LINES = ["traceparent", `00-${TRACE}-SPAN-01`];
const NEW_W3C: Passed = { lines: ["traceparent", "00-TRACE*-SPAN-01"], parent: "", without: ["traceparent", "tracestate"] };
const MULTI = ["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled"];

/** Null: not sampled, everything passes as it came. `begins`: head sampling says yes to whatever it is asked. */
const CASES: readonly (readonly [string, Headers, { begins?: boolean; mayBegin?: boolean }, Passed | null])[] = [
  ["nothing came, no luck", {}, { begins: false }, null],
  ["nothing came, drawn", {}, {}, NEW_W3C],
  ["nothing came, not the one to begin", {}, { mayBegin: false }, null],
  ["tracestate alone is of no trace", { tracestate: "a=b" }, {}, NEW_W3C],
  ["traceparent, sampled", W3C, { begins: false }, { lines: W3C_LINES, parent: CALLER, without: ["traceparent"] }],
  [
    "traceparent, sampled, at an inbound proxy",
    W3C,
    { begins: false, mayBegin: false },
    { lines: W3C_LINES, parent: CALLER, without: ["traceparent"] },
  ],
  ["traceparent, not sampled", { traceparent: `00-${TRACE}-${CALLER}-00`, tracestate: "a=b" }, {}, null],
  ["traceparent that cannot be read, drawn", { traceparent: `00-${TRACE}-01`, tracestate: "a=b" }, {}, NEW_W3C],
  ["traceparent that cannot be read, no luck", { traceparent: "?" }, { begins: false }, null],
  ["traceparent that cannot be read, not the one to begin", { traceparent: "?" }, { mayBegin: false }, null],
  ["two traceparents", { traceparent: `${W3C.traceparent}, ${W3C.traceparent}` }, {}, NEW_W3C],
  [
    "traceparent of a later version",
    { traceparent: `01-${TRACE}-${CALLER}-01-x` },
    {},
    { lines: W3C_LINES, parent: CALLER, without: ["traceparent"] },
  ],
  ["b3, sampled", { b3: `${TRACE}-${CALLER}-1` }, {}, { lines: ["b3", `${TRACE}-SPAN-1-${CALLER}`], parent: CALLER, without: ["b3"] }],
  [
    "b3, debug, with a parent and a short trace id",
    { b3: `${SHORT}-${CALLER}-d-${CALLER}` },
    {},
    { lines: ["b3", `${SHORT}-SPAN-d-${CALLER}`], parent: CALLER, without: ["b3"] },
  ],
  ["b3, not sampled", { b3: `${TRACE}-${CALLER}-0` }, {}, null],
  ["b3, left open by the caller", { b3: `${TRACE}-${CALLER}` }, {}, null],
  ["b3 that only says no", { b3: "0" }, {}, null],
  ["b3 that only says yes", { b3: "1" }, { begins: false }, { lines: ["b3", "TRACE*-SPAN-1"], parent: "", without: ["b3", "tracestate"] }],
  ["b3 that cannot be read, drawn", { b3: "hello" }, {}, { lines: ["b3", "TRACE*-SPAN-1"], parent: "", without: ["b3", "tracestate"] }],
  [
    "x-b3, sampled",
    { "x-b3-traceid": TRACE, "x-b3-spanid": CALLER, "x-b3-parentspanid": "1111111111111111", "x-b3-sampled": "1" },
    {},
    {
      lines: ["x-b3-traceid", TRACE, "x-b3-spanid", "SPAN", "x-b3-parentspanid", CALLER, "x-b3-sampled", "1"],
      parent: CALLER,
      without: MULTI,
    },
  ],
  [
    "x-b3, debug: the flag passes as it came",
    { "x-b3-traceid": SHORT, "x-b3-spanid": CALLER, "x-b3-flags": "1" },
    {},
    { lines: ["x-b3-traceid", SHORT, "x-b3-spanid", "SPAN", "x-b3-parentspanid", CALLER], parent: CALLER, without: MULTI },
  ],
  ["x-b3, not sampled", { "x-b3-traceid": TRACE, "x-b3-spanid": CALLER, "x-b3-sampled": "0" }, {}, null],
  ["x-b3 that only says no", { "x-b3-sampled": "0" }, {}, null],
  [
    "x-b3 that only says yes",
    { "x-b3-sampled": "1" },
    { begins: false, mayBegin: false },
    {
      lines: ["x-b3-traceid", "TRACE*", "x-b3-spanid", "SPAN", "x-b3-sampled", "1"],
      parent: "",
      without: [...MULTI, "tracestate"],
    },
  ],
  ["x-b3 with an id that cannot be read takes its yes with it", { "x-b3-traceid": "?", "x-b3-sampled": "1" }, { begins: false }, null],
  [
    "both formats: one context goes on in both",
    { ...W3C, b3: `${TRACE}-1111111111111111-1` },
    {},
    { lines: [...W3C_LINES, "b3", `${TRACE}-SPAN-1-${CALLER}`], parent: CALLER, without: ["traceparent", "b3"] },
  ],
  [
    "both formats, of which only B3 can be read",
    { traceparent: "?", b3: `${TRACE}-${CALLER}-1` },
    {},
    { lines: [...W3C_LINES, "b3", `${TRACE}-SPAN-1-${CALLER}`], parent: CALLER, without: ["traceparent", "b3"] },
  ],
];

const NAMES = ["traceparent", "tracestate", "b3", ...MULTI, "x-b3-flags", "x-request-id"];

/** In the head that the next hop gets. */
function staysBehind({ replaced }: RequestTrace, name: string): boolean {
  const bytes = Buffer.from(name);
  return dropOfRequest(replaced, false, false)[kindOfName(bytes, 0, bytes.length)] === 1;
}

for (const [name, headers, { begins = true, mayBegin = true }, expected] of CASES) {
  test(name, () => {
    const trace = new RequestTrace();
    const tracer = new Tracer(seededRandom(7), begins ? 1_000_000 : 0);
    // What was there before must not be seen again.
    const before = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
    trace.open({ header: (wanted) => (wanted === "traceparent" ? before : undefined) }, tracer, true);
    trace.open({ header: (wanted) => headers[wanted] }, tracer, mayBegin);
    if (expected === null) {
      assert.deepEqual(
        [
          trace.sampled,
          trace.traceId,
          trace.spanId,
          trace.parentSpanId,
          trace.lines.length,
          NAMES.filter((line) => staysBehind(trace, line)),
        ],
        [false, "", "", "", 0, []],
      );
      return;
    }
    assert.equal(trace.sampled, true);
    assert.match(trace.traceId, /^[0-9a-f]{32}$/);
    assert.match(trace.spanId, /^[0-9a-f]{16}$/);
    assert.equal(trace.parentSpanId, expected.parent);
    const written = expected.lines.map((text) => text.replace("TRACE*", trace.traceId).replace("SPAN", trace.spanId));
    assert.deepEqual(trace.lines, written);
    assert.deepEqual(
      NAMES.filter((line) => staysBehind(trace, line)),
      NAMES.filter((line) => expected.without.includes(line)),
    );
  });
}

test("each sampled request gets a span of its own", () => {
  const tracer = new Tracer(seededRandom(1), 1_000_000);
  const trace = new RequestTrace();
  const spans = new Set<string>();
  const traces = new Set<string>();
  for (let index = 0; index < 1_000; index += 1) {
    trace.begin(tracer);
    spans.add(trace.spanId);
    traces.add(trace.traceId);
  }
  assert.equal(spans.size, 1_000);
  assert.equal(traces.size, 1_000);
});

test("a trace that a request without headers begins is gone with the next", () => {
  const trace = new RequestTrace();
  trace.begin(new Tracer(seededRandom(1), 1_000_000));
  assert.equal(trace.sampled, true);
  trace.reset();
  assert.deepEqual([trace.sampled, trace.traceId, trace.lines.length, staysBehind(trace, "tracestate")], [false, "", 0, false]);
});
