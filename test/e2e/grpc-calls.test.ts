import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Metadata, connectivityState, status } from "@grpc/grpc-js";
import { readAll } from "../support/grpc/interop-cases.ts";
import { GrpcTestServer } from "../support/grpc/server.ts";
import { type SimpleResponse, type TestServiceClient, testClient } from "../support/grpc/service.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { startPair } from "../support/pair.ts";
import { upstreamPort } from "../support/store.ts";

const MIB = 1_024 * 1_024;
const SERVER_PROGRAM = ["node", "--import", "tsx", fileURLToPath(new URL("../support/grpc/server-main.ts", import.meta.url))];
const HOUR_US = 3_600_000_000 / 2;

test("gRPC calls through two sidecars: deadlines, cancellation, streams, sizes", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  const server = new GrpcTestServer();
  t.after(() => server.close());
  const pair = await startPair(mesh, [{ name: "calls", protocol: "grpc", listen: (port) => server.listen(port) }]);
  const port = pair.port("calls");
  const client = testClient(port, { "grpc.max_receive_message_length": 16 * MIB });
  t.after(() => client.close());

  await t.test("a deadline reaches the server", async () => {
    await echo(client, Buffer.alloc(1), { deadline: Date.now() + 10_000 });
    assert.ok(server.deadlineLeftMs > 5_000 && server.deadlineLeftMs <= 10_000, `${server.deadlineLeftMs} ms left`);
  });

  await t.test("a call past its deadline is cancelled at the server", async () => {
    const before = server.cancelled;
    const { final } = await readAll(sleeping(client, { deadline: Date.now() + 100 }));
    assert.equal(final.code, status.DEADLINE_EXCEEDED);
    await waitFor("the server's side to be cancelled", () => server.cancelled === before + 1);
  });

  await t.test("a call that its client cancels is cancelled at the server, and its neighbours go on", async () => {
    const before = server.cancelled;
    const neighbour = client.fullDuplexCall(new Metadata(), {});
    const whole = readAll(neighbour, () => neighbour.end());
    const call = client.fullDuplexCall(new Metadata(), {});
    const ended = readAll(call, () => call.cancel());
    call.write({ responseParameters: [{ size: 1 }] });
    assert.equal((await ended).final.code, status.CANCELLED);
    await waitFor("the server's side to be cancelled", () => server.cancelled === before + 1);
    neighbour.write({ responseParameters: [{ size: 7 }] });
    const { sizes, final } = await whole;
    assert.deepEqual([sizes, final.code], [[7], status.OK]);
  });

  await t.test("a client that goes away cancels its calls at the server", async () => {
    const before = server.cancelled;
    const leaving = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = leaving.request({
      ":method": "POST",
      ":path": "/grpc.testing.TestService/FullDuplexCall",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    leaving.on("error", () => {});
    const calls = server.calls;
    await waitFor("the call", () => server.calls === calls + 1);
    leaving.destroy();
    await waitFor("the server's side to be cancelled", () => server.cancelled === before + 1);
  });

  await t.test("messages far over every window, both ways", async () => {
    const { sizes } = await echo(client, Buffer.alloc(9 * MIB, "window "), {});
    assert.deepEqual(sizes, [9 * MIB]);
  });

  await t.test("binary metadata keeps its bytes, several values their order", async () => {
    const metadata = new Metadata();
    const values = [Buffer.from([0, 255, 128, 10, 13]), Buffer.alloc(300, 0xee), Buffer.alloc(0)];
    for (const value of values) metadata.add("x-grpc-test-echo-trailing-bin", value);
    const call = client.fullDuplexCall(metadata, {});
    const ended = readAll(call);
    call.end();
    assert.deepEqual((await ended).final.metadata.get("x-grpc-test-echo-trailing-bin"), values);
  });

  await t.test("an answer of trailers only stays one: a single field block that ends the stream", async () => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.testing.TestService/NoSuchMethod",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.end();
    const [headers, flags] = await once(stream, "response");
    assert.deepEqual([headers[":status"], headers["grpc-status"]], [200, String(status.UNIMPLEMENTED)]);
    assert.match(String(headers["content-type"]), /^application\/grpc/);
    assert.ok(flags & constants.NGHTTP2_FLAG_END_STREAM, "the stream did not end with it");
    session.destroy();
  });

  await t.test("100 streams open at once on one channel", async () => {
    let answered = 0;
    const calls = Array.from({ length: 100 }, () => client.fullDuplexCall(new Metadata(), {}));
    const ends = calls.map((call) => readAll(call, () => (answered += 1)));
    for (const call of calls) call.write({ responseParameters: [{ size: 1_000 }] });
    await waitFor(
      "an answer on each, all open",
      () => answered === 100,
      15_000,
      () => `${answered} answered`,
    );
    for (const call of calls) call.end();
    for (const { final } of await Promise.all(ends)) assert.equal(final.code, status.OK, final.details);
  });

  await t.test("200 calls queue behind the limit of streams, and all are answered", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => echo(client, Buffer.alloc(10_000), {})));
    assert.equal(answers.filter(({ sizes }) => sizes[0] === 10_000).length, 200);
  });

  await t.test("keepalive pings from both ends are answered while a stream is silent", async () => {
    // Ten pings of this client, and four of the server, pass while the stream waits for its one message.
    const patient = testClient(port, { "grpc.keepalive_time_ms": 200, "grpc.keepalive_timeout_ms": 1_500 });
    const began = performance.now();
    const { sizes, final } = await readAll(sleeping(patient, {}, 2_000_000));
    assert.deepEqual([sizes, final.code, final.details], [[1], status.OK, "OK"]);
    assert.ok(performance.now() - began >= 1_990);
    assert.equal(patient.getChannel().getConnectivityState(false), connectivityState.READY);
    patient.close();
  });

  await t.test("a server that was stopped, and a client that keeps no time: the mesh ends the call when its time is over", async () => {
    const stopped = await mesh.run("stopped", ["--service", "stopped:80/grpc", "--port", "0", "--drain", "1s"], SERVER_PROGRAM);
    await mesh.run("waiting", ["--upstream", "stopped:80", "--drain", "1s"], ["sleep", "86400"]);
    const caller = testClient(upstreamPort(await mesh.waitReady("waiting"), "default/stopped:80"));
    assert.deepEqual((await echo(caller, Buffer.alloc(2), { deadline: Date.now() + 10_000 })).sizes, [2]);
    const { status: live } = await mesh.waitReady("stopped");
    process.kill(live?.pid ?? 0, "SIGSTOP");
    const metadata = new Metadata();
    metadata.set("grpc-timeout", "400m");
    const call = caller.streamingOutputCall({ responseParameters: [{ size: 1 }] }, metadata, {});
    const began = performance.now();
    const { final } = await readAll(call);
    assert.equal(final.code, status.DEADLINE_EXCEEDED);
    assert.match(final.details, /deadline-exceeded/);
    assert.ok(performance.now() - began >= 399);
    caller.close();
    process.kill(live?.pid ?? 0, "SIGCONT");
    await stopped.stop();
  });

  await t.test("a server that dies ends its calls with a status, and calls go on when it is back", async () => {
    const mortal = await mesh.run("mortal", ["--service", "mortal:80/grpc", "--port", "0", "--drain", "1s"], SERVER_PROGRAM);
    await mesh.run("other", ["--upstream", "mortal:80", "--drain", "1s"], ["sleep", "86400"]);
    const caller = testClient(upstreamPort(await mesh.waitReady("other"), "default/mortal:80"));
    const ended = readAll(sleeping(caller, {}));
    const call = caller.fullDuplexCall(new Metadata(), {});
    const talked = readAll(call, () => mortal.signal("SIGKILL"));
    call.write({ responseParameters: [{ size: 1 }] });
    for (const { final } of await Promise.all([ended, talked])) {
      assert.ok([status.UNAVAILABLE, status.INTERNAL, status.UNKNOWN].includes(final.code), `${final.code} ${final.details}`);
    }
    await mortal.exited;
    await mesh.run("mortal2", ["--service", "mortal:80/grpc", "--port", "0", "--drain", "1s"], SERVER_PROGRAM);
    await waitFor(
      "an answer",
      () =>
        echo(caller, Buffer.alloc(3), { deadline: Date.now() + 5_000 }).then(
          ({ sizes }) => sizes[0] === 3,
          () => false,
        ),
      20_000,
    );
    caller.close();
  });
});

/** A stream whose one message comes after `afterUs`, by default never within a test. */
function sleeping(
  client: TestServiceClient,
  options: { deadline?: number },
  afterUs = HOUR_US,
): ReturnType<TestServiceClient["streamingOutputCall"]> {
  return client.streamingOutputCall({ responseParameters: [{ size: 1, intervalUs: afterUs }] }, new Metadata(), options);
}

/** A unary call that asks for as many bytes as it brings. */
function echo(client: TestServiceClient, body: Buffer, options: { deadline?: number }): Promise<{ sizes: readonly number[] }> {
  return new Promise((resolve, reject) => {
    client.unaryCall({ responseSize: body.length, payload: { body } }, new Metadata(), options, (error, answer?: SimpleResponse) =>
      error ? reject(error) : resolve({ sizes: [answer?.payload?.body.length ?? -1] }),
    );
  });
}
