/** `@grpc/grpc-js` as client of our server side: messages, streams and trailers as gRPC uses them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, type ClientUnaryCall, Metadata, credentials } from "@grpc/grpc-js";
import { type TestServer, startTestServer } from "./test-server.ts";

let server: TestServer;
let client: Client;
const same = (bytes: Buffer): Buffer => bytes;

before(async () => {
  server = await startTestServer();
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), { "grpc.max_receive_message_length": 8 * 1_024 * 1_024 });
});
after(async () => {
  client.close();
  await server.close();
});

test("unary calls of several sizes, with a deadline and metadata", async () => {
  for (const size of [0, 1, 70_000, 3_000_000]) {
    const message = Buffer.alloc(size, "gRPC ");
    const metadata = new Metadata();
    metadata.set("x-trace-bin", Buffer.from([0, 255, 7]));
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const call: ClientUnaryCall = client.makeUnaryRequest(
        "/grpc.Echo/Say",
        same,
        same,
        message,
        metadata,
        { deadline: Date.now() + 20_000 },
        (error, value) => (error ? reject(error) : resolve(value ?? Buffer.alloc(0))),
      );
      call.on("status", ({ metadata: trailers }) => assert.match(String(trailers.get("x-deadline")[0]), /^\d+[mSun]$/));
    });
    assert.ok(answer.equals(message), `${size}`);
  }
});

test("a stream both ways, each message answered before the next is sent", async () => {
  const call = client.makeBidiStreamRequest("/grpc.Echo/Talk", same, same);
  const answers: string[] = [];
  const done = new Promise<number>((resolve) => call.on("status", ({ code }) => resolve(code)));
  call.on("data", (bytes: Buffer) => {
    answers.push(bytes.toString());
    if (answers.length === 100) call.end();
    else call.write(Buffer.from(`message ${answers.length}`));
  });
  call.write(Buffer.from("message 0"));
  assert.equal(await done, 0);
  assert.deepEqual(
    answers,
    Array.from({ length: 100 }, (_, at) => `message ${at}`),
  );
});

test("a call that is cancelled, and one whose stream is reset, end as gRPC says", async () => {
  const call = client.makeBidiStreamRequest("/grpc.Echo/Talk", same, same);
  const status = new Promise<number>((resolve) => call.on("status", ({ code }) => resolve(code)));
  call.on("error", () => {});
  call.on("data", () => call.cancel());
  call.write(Buffer.from("x"));
  assert.equal(await status, 1);
  const code = await new Promise((resolve) =>
    client.makeUnaryRequest("/reset", same, same, Buffer.from("x"), (error) => resolve(error?.code)),
  );
  assert.equal(code, 13);
});
