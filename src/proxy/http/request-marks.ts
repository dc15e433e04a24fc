import { HEADER } from "../../messages/names.ts";
import type { TrafficRecord } from "../exchange-record.ts";
import { RequestTrace } from "../trace/request-trace.ts";
import type { Tracer } from "../trace/tracer.ts";
import type { RequestExtras, RequestHead } from "./message.ts";
import type { RequestIds } from "./request-ids.ts";

/** What a request is known by, its id and its place in a trace; given where it brought none, and told to the next hop. Reused. */
export class RequestMarks {
  readonly extras: RequestExtras = { requestId: "", meshSource: "", meshProtocol: "", upgrade: false, grpcTimeout: "", trace: null };
  readonly #trace = new RequestTrace();

  /** Into `record` as well. */
  take(request: RequestHead, record: TrafficRecord, engine: { readonly requestIds: RequestIds; readonly tracer: Tracer }): void {
    const { extras } = this;
    const given = request.header(HEADER.REQUEST_ID);
    extras.requestId = "";
    extras.grpcTimeout = "";
    if (given !== undefined) record.requestId = given;
    else {
      record.requestId = engine.requestIds.next();
      extras.requestId = record.requestId;
    }
    this.#takeTrace(request, record, engine.tracer);
  }

  /** What comes over mutual TLS was sent by a proxy: whether a trace begins has been decided there. */
  #takeTrace(request: RequestHead, record: TrafficRecord, tracer: Tracer): void {
    const trace = this.#trace;
    const mayBegin = record.direction === "outbound" || !record.mtls;
    this.extras.trace = null;
    if (request.traced) trace.open(request, tracer, mayBegin);
    else if (mayBegin && tracer.begins()) trace.begin(tracer);
    else return;
    if (!trace.sampled) return;
    this.extras.trace = trace;
    record.traceId = trace.traceId;
    record.spanId = trace.spanId;
    record.parentSpanId = trace.parentSpanId;
  }
}
