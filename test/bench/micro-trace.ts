/** What a request pays for tracing: the comparison when it is not sampled, everything when it is. */
import { seededRandom } from "../../src/lib/random.ts";
import { TrafficRecord } from "../../src/proxy/exchange-record.ts";
import { dropOfRequest } from "../../src/proxy/http1/codec/write-head.ts";
import { RequestTrace } from "../../src/proxy/trace/request-trace.ts";
import { finishedSpan } from "../../src/proxy/trace/span.ts";
import { Tracer } from "../../src/proxy/trace/tracer.ts";
import { writeSpans } from "../../src/proxy/trace/write-spans.ts";
import { micro } from "./micro.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0";
const SOURCE = { namespace: "default", workload: "web", instance: "default/web-1", version: "1.2.3" };
const tracer = new Tracer(seededRandom(1));
const trace = new RequestTrace();
const brought = (flag: string) => ({ header: (name: string) => (name === "traceparent" ? TRACEPARENT + flag : undefined) });
const [no, yes] = [brought("0"), brought("1")];
const record = Object.assign(new TrafficRecord("outbound"), {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "b7ad6b7169203331",
  method: "GET",
  path: "/items",
  authority: "api",
  status: 200,
  service: "default/api:80",
  source: "default/web",
  destination: "default/api1",
  requestId: "0af76519-1",
});
const spans = Array.from({ length: 32 }, () => finishedSpan(record, 1_767_323_045_000.25));

micro("nothing brought, 1 % sampling: does it begin one", () => tracer.begins(), 10_000_000);
micro("which lines stay behind, not sampled", () => dropOfRequest(0, false, false), 10_000_000);
micro("a traceparent that is not sampled", () => trace.open(no, tracer, true));
micro("a traceparent that is: ids and new lines", () => trace.open(yes, tracer, true));
micro("a trace that begins", () => trace.begin(tracer));
micro("keeping a finished span", () => finishedSpan(record, 1));
micro("a message of 32 spans", () => writeSpans(spans, SOURCE), 2_000);
