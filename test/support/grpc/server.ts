/** The server of the public interoperability cases, on `@grpc/grpc-js`; it notes what it saw. */
import {
  Metadata,
  Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  ServerCredentials,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type { SimpleRequest, SimpleResponse, StreamingInputResponse, StreamingOutputRequest } from "./service.ts";
import { TEST_SERVICE } from "./service.ts";

const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";
const MIB = 1_024 * 1_024;

interface AnyCall extends Pick<ServerUnaryCall<unknown, unknown>, "metadata" | "sendMetadata" | "getDeadline"> {
  on(event: "cancelled", listener: () => void): unknown;
}

export class GrpcTestServer {
  readonly #server = new Server({
    "grpc.max_receive_message_length": 16 * MIB,
    // A sidecar has to answer them like anyone.
    "grpc.keepalive_time_ms": 500,
    "grpc.keepalive_timeout_ms": 20_000,
  });
  calls = 0;
  cancelled = 0;
  /** Milliseconds that the latest call with a deadline had left when it came. */
  deadlineLeftMs = Number.NaN;

  constructor() {
    const note = this.#note.bind(this);
    this.#server.addService(TEST_SERVICE, {
      emptyCall(call: ServerUnaryCall<object, object>, done: sendUnaryData<object>): void {
        note(call);
        done(null, {});
      },
      unaryCall(call: ServerUnaryCall<SimpleRequest, SimpleResponse>, done: sendUnaryData<SimpleResponse>): void {
        const trailers = note(call);
        const { responseStatus, responseSize = 0 } = call.request;
        if (responseStatus) done({ code: responseStatus.code, details: responseStatus.message, metadata: trailers });
        else done(null, { payload: { body: Buffer.alloc(responseSize) } }, trailers);
      },
      streamingOutputCall(call: ServerWritableStream<StreamingOutputRequest, SimpleResponse>): void {
        const trailers = note(call);
        void answer(call, call.request).then(() => call.end(trailers));
      },
      streamingInputCall(
        call: ServerReadableStream<{ payload: { body: Buffer } | null }, StreamingInputResponse>,
        done: sendUnaryData<StreamingInputResponse>,
      ): void {
        const trailers = note(call);
        let aggregatedPayloadSize = 0;
        call.on("data", ({ payload }: { payload: { body: Buffer } | null }) => {
          aggregatedPayloadSize += payload?.body.length ?? 0;
        });
        call.on("end", () => done(null, { aggregatedPayloadSize }, trailers));
      },
      fullDuplexCall(call: ServerDuplexStream<StreamingOutputRequest, SimpleResponse>): void {
        const trailers = note(call);
        let before = Promise.resolve();
        call.on("data", (request: StreamingOutputRequest) => {
          before = before.then(() => answer(call, request));
          const { responseStatus } = request;
          if (!responseStatus) return;
          void before.then(() => call.emit("error", { code: responseStatus.code, details: responseStatus.message, metadata: trailers }));
        });
        call.on("end", () => void before.then(() => call.end(trailers)));
      },
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }

  /** Counts the call, sends back the metadata it asks for at its beginning, and gives what it asks for at its end. */
  #note(call: AnyCall): Metadata {
    this.calls += 1;
    call.on("cancelled", () => (this.cancelled += 1));
    const deadline = call.getDeadline();
    if (deadline !== Number.POSITIVE_INFINITY) this.deadlineLeftMs = Number(deadline) - Date.now();
    const initial = new Metadata();
    for (const value of call.metadata.get(INITIAL)) initial.add(INITIAL, value);
    if (call.metadata.get(INITIAL).length > 0) call.sendMetadata(initial);
    const trailers = new Metadata();
    for (const value of call.metadata.get(TRAILING)) trailers.add(TRAILING, value);
    return trailers;
  }
}

interface Writer {
  readonly cancelled: boolean;
  write(answer: SimpleResponse): boolean;
  once(event: "drain" | "cancelled", listener: () => void): unknown;
}

async function answer(call: Writer, { responseParameters = [] }: StreamingOutputRequest): Promise<void> {
  for (const { size, intervalUs = 0 } of responseParameters) {
    if (intervalUs > 0) await pause(call, intervalUs / 1_000);
    if (call.cancelled) return;
    if (!call.write({ payload: { body: Buffer.alloc(size) } })) {
      await new Promise<void>((resolve) => {
        call.once("drain", resolve);
        call.once("cancelled", resolve);
      });
    }
  }
}

/** Over at once when the call is: a timer left behind would keep the test's process. */
function pause(call: Writer, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    call.once("cancelled", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
