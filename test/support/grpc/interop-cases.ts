/** The fourteen cases of gRPC's public interoperability list that a plain client can run; each ends well or throws. */
import assert from "node:assert/strict";
import { Metadata, type ServiceError, type StatusObject, status } from "@grpc/grpc-js";
import type { SimpleResponse, TestServiceClient } from "./service.ts";

export interface InteropClients {
  readonly test: TestServiceClient;
  readonly unimplemented: Pick<TestServiceClient, "unimplementedCall">;
}

const REQUEST_SIZES = [27_182, 8, 1_828, 45_904];
const RESPONSE_SIZES = [31_415, 9, 2_653, 58_979];
const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";
const SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
/** Long beyond anything a case takes: a call that hangs fails with its name, not with the test run. */
const LIMIT_MS = 30_000;

const inTime = (): { deadline: number } => ({ deadline: Date.now() + LIMIT_MS });
const zeroes = (size: number): { body: Buffer } => ({ body: Buffer.alloc(size) });

interface UnaryEnd<T> {
  readonly error: ServiceError | null;
  readonly answer: T | undefined;
  readonly initial: Metadata;
  readonly final: StatusObject;
}

/** Everything a unary call tells: answer or error, metadata, status. */
function unary<Request, Answer>(
  client: Pick<TestServiceClient, "emptyCall">,
  method: "emptyCall" | "unaryCall" | "unimplementedCall",
  request: Request,
  metadata = new Metadata(),
): Promise<UnaryEnd<Answer>> {
  return new Promise((resolve) => {
    let initial = new Metadata();
    let said: { error: ServiceError | null; answer: Answer | undefined } | null = null;
    let final: StatusObject | null = null;
    const end = (): void => {
      if (said !== null && final !== null) resolve({ ...said, initial, final });
    };
    const call = (client as unknown as Record<string, TestServiceClient["emptyCall"]>)[method]?.call(
      client,
      request as object,
      metadata,
      inTime(),
      (error, answer) => {
        said = { error, answer: answer as Answer | undefined };
        end();
      },
    );
    call?.on("metadata", (received) => (initial = received));
    call?.on("status", (received) => {
      final = received;
      end();
    });
  });
}

interface StreamEnd {
  readonly sizes: readonly number[];
  readonly initial: Metadata;
  readonly final: StatusObject;
}

/** What a stream of answers is, whichever way its requests go. */
interface Answers {
  on(event: "metadata", listener: (metadata: Metadata) => void): unknown;
  on(event: "data", listener: (answer: SimpleResponse) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "status", listener: (final: StatusObject) => void): unknown;
}

/** Reads a stream to its status; `each` may answer a message. Read to the end, so that the status is the last word. */
export function readAll(call: Answers, each: (count: number) => void = () => {}): Promise<StreamEnd> {
  return new Promise((resolve) => {
    const sizes: number[] = [];
    let initial = new Metadata();
    call.on("metadata", (received: Metadata) => (initial = received));
    call.on("data", ({ payload }: SimpleResponse) => {
      sizes.push(payload?.body.length ?? 0);
      each(sizes.length);
    });
    // Its text is that of the status, which follows.
    call.on("error", () => {});
    call.on("status", (final: StatusObject) => resolve({ sizes, initial, final }));
  });
}

function ok({ code, details }: StatusObject): void {
  assert.equal(code, status.OK, details);
}

async function pingPong(client: TestServiceClient): Promise<void> {
  const call = client.fullDuplexCall(new Metadata(), inTime());
  const send = (turn: number): void => {
    call.write({ responseParameters: [{ size: RESPONSE_SIZES[turn] as number }], payload: zeroes(REQUEST_SIZES[turn] as number) });
  };
  const ended = readAll(call, (count) => (count < REQUEST_SIZES.length ? send(count) : call.end()));
  send(0);
  const { sizes, final } = await ended;
  ok(final);
  assert.deepEqual(sizes, RESPONSE_SIZES);
}

function echoed(initial: Metadata, trailers: Metadata): void {
  assert.deepEqual(initial.get(INITIAL), ["test_initial_metadata_value"]);
  assert.deepEqual(trailers.get(TRAILING), [Buffer.from("ababab", "hex")]);
}

async function statusOfBoth(client: TestServiceClient, message: string): Promise<void> {
  const responseStatus = { code: status.UNKNOWN, message };
  const { error } = await unary(client, "unaryCall", { responseStatus });
  assert.deepEqual([error?.code, error?.details], [status.UNKNOWN, message]);
  const call = client.fullDuplexCall(new Metadata(), inTime());
  const ended = readAll(call);
  call.write({ responseStatus });
  call.end();
  const { final } = await ended;
  assert.deepEqual([final.code, final.details], [status.UNKNOWN, message]);
}

export const INTEROP_CASES: Readonly<Record<string, (clients: InteropClients) => Promise<void>>> = {
  async empty_unary({ test }) {
    const { answer, final } = await unary(test, "emptyCall", {});
    ok(final);
    assert.deepEqual({ ...(answer as object) }, {});
  },
  async large_unary({ test }) {
    const { answer, final } = await unary<object, SimpleResponse>(test, "unaryCall", { responseSize: 314_159, payload: zeroes(271_828) });
    ok(final);
    assert.ok(answer?.payload?.body.equals(Buffer.alloc(314_159)));
  },
  client_streaming({ test }) {
    return new Promise((resolve, reject) => {
      const call = test.streamingInputCall(new Metadata(), inTime(), (error, answer) => {
        if (error) reject(error);
        else if (answer?.aggregatedPayloadSize !== 74_922) reject(new Error(`${answer?.aggregatedPayloadSize} bytes`));
        else resolve();
      });
      for (const size of REQUEST_SIZES) call.write({ payload: zeroes(size) });
      call.end();
    });
  },
  async server_streaming({ test }) {
    const responseParameters = RESPONSE_SIZES.map((size) => ({ size }));
    const { sizes, final } = await readAll(test.streamingOutputCall({ responseParameters }, new Metadata(), inTime()));
    ok(final);
    assert.deepEqual(sizes, RESPONSE_SIZES);
  },
  ping_pong: ({ test }) => pingPong(test),
  async empty_stream({ test }) {
    const call = test.fullDuplexCall(new Metadata(), inTime());
    const ended = readAll(call);
    call.end();
    const { sizes, final } = await ended;
    ok(final);
    assert.deepEqual(sizes, []);
  },
  cancel_after_begin({ test }) {
    return new Promise((resolve, reject) => {
      const call = test.streamingInputCall(new Metadata(), inTime(), (error) => {
        if (error?.code === status.CANCELLED) resolve();
        else reject(error ?? new Error("not cancelled"));
      });
      call.cancel();
    });
  },
  async cancel_after_first_response({ test }) {
    const call = test.fullDuplexCall(new Metadata(), inTime());
    const ended = readAll(call, () => call.cancel());
    call.write({ responseParameters: [{ size: 31_415 }], payload: zeroes(27_182) });
    const { sizes, final } = await ended;
    assert.deepEqual([sizes, final.code], [[31_415], status.CANCELLED]);
  },
  async timeout_on_sleeping_server({ test }) {
    const call = test.fullDuplexCall(new Metadata(), { deadline: Date.now() + 1 });
    const ended = readAll(call);
    call.write({ payload: zeroes(27_182) });
    const { final } = await ended;
    assert.equal(final.code, status.DEADLINE_EXCEEDED);
  },
  async custom_metadata({ test }) {
    const metadata = new Metadata();
    metadata.set(INITIAL, "test_initial_metadata_value");
    metadata.set(TRAILING, Buffer.from("ababab", "hex"));
    const once = await unary(test, "unaryCall", { responseSize: 314_159, payload: zeroes(271_828) }, metadata);
    ok(once.final);
    echoed(once.initial, once.final.metadata);
    const call = test.fullDuplexCall(metadata, inTime());
    const ended = readAll(call);
    call.write({ responseParameters: [{ size: 314_159 }], payload: zeroes(271_828) });
    call.end();
    const both = await ended;
    ok(both.final);
    assert.deepEqual(both.sizes, [314_159]);
    echoed(both.initial, both.final.metadata);
  },
  status_code_and_message: ({ test }) => statusOfBoth(test, "test status message"),
  async special_status_message({ test }) {
    const { error } = await unary(test, "unaryCall", { responseStatus: { code: status.UNKNOWN, message: SPECIAL } });
    assert.deepEqual([error?.code, error?.details], [status.UNKNOWN, SPECIAL]);
  },
  async unimplemented_method({ test }) {
    const { error } = await unary(test, "unimplementedCall", {});
    assert.equal(error?.code, status.UNIMPLEMENTED);
  },
  async unimplemented_service({ unimplemented }) {
    const { error } = await unary(unimplemented as TestServiceClient, "unimplementedCall", {});
    assert.equal(error?.code, status.UNIMPLEMENTED);
  },
};
