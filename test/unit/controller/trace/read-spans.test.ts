import assert from "node:assert/strict";
import { it } from "node:test";
import { readSpans } from "../../../../src/controller/trace/read-spans.ts";
import { ExportTraceServiceRequest } from "../../../../src/messages/gen/opentelemetry/proto/collector/trace/v1/trace_service.ts";
import { Span, Span_SpanKind } from "../../../../src/messages/gen/opentelemetry/proto/trace/v1/trace.ts";

function read(startTimeUnixNano: string, endTimeUnixNano: string) {
  const span = Span.create({
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 2),
    kind: Span_SpanKind.CLIENT,
    startTimeUnixNano,
    endTimeUnixNano,
  });
  const request = ExportTraceServiceRequest.create({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  return readSpans(ExportTraceServiceRequest.encode(request).finish());
}

it("times are exact to the microsecond, which a double of nanoseconds is not", () => {
  // Every last digit a microsecond can have, where doubles are 256 ns apart.
  for (let us = 1_795_000_000_000_000; us < 1_795_000_000_001_000; us += 1) {
    const [span] = read(`${us}000`, `${us + 2_000}999`)?.spans ?? [];
    assert.deepEqual([span?.startUs, span?.endUs], [us, us + 2_000]);
  }
});

it("no time, and one that no date is, are refused", () => {
  for (const [start, end] of [
    ["0", "1000"],
    ["2000", "1000"],
    ["999", "1000"],
    ["1000", "18446744073709551615"],
  ] as const) {
    assert.deepEqual(read(start, end), { spans: [], refused: 1 }, `${start} to ${end}`);
  }
  assert.equal(read("1000", "8640000000000000999")?.spans[0]?.endUs, 8_640_000_000_000_000);
});
