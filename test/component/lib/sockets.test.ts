/** What Node has no public word for, tried on this Node: resets, shared reads, and which poll a read belongs to. */
import assert from "node:assert/strict";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { afterEach, test } from "node:test";
import { readCommon } from "../../../src/lib/common-reads.ts";
import { LoopTurn } from "../../../src/lib/loop-turn.ts";
import { resetSocket, wasReset } from "../../../src/lib/reset-socket.ts";
import { isShared, readShared, stopReadShared } from "../../../src/lib/shared-reads.ts";

const cleanup: (() => void)[] = [];

afterEach(() => {
  for (const close of cleanup.splice(0)) close();
});

/** A connected pair. */
async function pair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  const other = await accepted;
  for (const socket of [client, other]) socket.on("error", () => {});
  cleanup.push(() => {
    client.destroy();
    other.destroy();
    server.close();
  });
  return [client, other];
}

function once(socket: Socket, ...events: string[]): Promise<string> {
  return new Promise((resolve) => {
    for (const event of events) socket.once(event, () => resolve(event));
  });
}

test("a reset is a reset, also together with data, and an end is an end", async () => {
  for (const reset of [true, false]) {
    const [client, server] = await pair();
    const seen = once(client, "end", "error");
    client.resume();
    server.write("part");
    if (reset) resetSocket(server);
    else server.end();
    const event = await seen;
    assert.equal(event === "error" || wasReset(client), reset);
  }
});

test("shared reads: bytes come in common memory, bulk in its own, and data events come back", async () => {
  const [client, server] = await pair();
  const reads: { text: string; count: number; shared: boolean }[] = [];
  let arrived = () => {};
  assert.equal(
    readShared(server, (count, buffer) => {
      reads.push({ text: buffer.toString("latin1", 0, Math.min(count, 8)), count, shared: isShared(buffer) });
      arrived();
    }),
    true,
  );
  server.resume();
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => (arrived = resolve));
  };
  client.write("small");
  await until(() => reads.length === 1);
  assert.deepEqual(reads[0], { text: "small", count: 5, shared: true });

  client.write(Buffer.alloc(1_024 * 1_024, "b"));
  await until(() => reads.reduce((sum, { count }) => sum + count, 0) >= 5 + 1_024 * 1_024);
  assert.ok(reads.some(({ shared }) => !shared));

  // A small read ends the bulk; the one after it is in common memory again.
  for (const word of ["one", "two"]) {
    const before = reads.length;
    client.write(word);
    await until(() => reads.length > before);
  }
  assert.equal(reads.at(-1)?.shared, true);

  stopReadShared(server);
  const data = new Promise<Buffer>((resolve) => server.once("data", resolve));
  client.write("as usual");
  assert.equal((await data).toString(), "as usual");

  const ended = once(server, "end");
  client.end();
  assert.equal(await ended, "end");
});

test("a paused shared reader gets nothing until it is resumed", async () => {
  const [client, server] = await pair();
  let count = 0;
  let arrived = () => {};
  readShared(server, (bytes) => {
    count += bytes;
    arrived();
  });
  server.pause();
  client.write("x");
  // Another socket's round trip is longer than this one's way.
  const [a, b] = await pair();
  b.pipe(b);
  a.write("y");
  await once(a, "data");
  assert.equal(count, 0);
  const got = new Promise<void>((resolve) => (arrived = resolve));
  server.resume();
  await got;
  assert.equal(count, 1);
});

test("a mark taken in a read is older than that poll's other reads, and of no use in the next", async () => {
  const turn = new LoopTurn();
  assert.equal(turn.mark(), -1);
  turn.enterRead();
  const mark = turn.mark();
  turn.leaveRead();
  turn.enterRead();
  assert.equal(turn.wasReadyBefore(mark), true);
  assert.equal(turn.wasReadyBefore(-1), false);
  turn.leaveRead();
  await new Promise((resolve) => setImmediate(resolve));
  turn.enterRead();
  assert.equal(turn.wasReadyBefore(mark), false);
  turn.leaveRead();
});

test("common reads: bytes come in memory used again, false stops them, and an earlier owner's socket goes on", async () => {
  for (const taken of [false, true]) {
    const [client, server] = await pair();
    if (taken) readShared(server, () => assert.fail("it has a new owner"));
    const buffers = new Set<Buffer>();
    let text = "";
    let goOn = true;
    assert.equal(
      readCommon(server, (count, buffer) => {
        buffers.add(buffer);
        text += buffer.toString("latin1", 0, count);
        return goOn;
      }),
      true,
    );
    server.resume();
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise(setImmediate);
    };
    client.write("one");
    await until(() => text === "one");
    goOn = false;
    client.write("two");
    await until(() => text === "onetwo");
    client.write("three");
    const [a, b] = await pair();
    b.pipe(b);
    a.write("y");
    await once(a, "data");
    assert.equal(text, "onetwo");
    server.resume();
    await until(() => text === "onetwothree");
    assert.equal(buffers.size, taken ? 2 : 1);
    const ended = once(server, "end");
    server.resume();
    client.end();
    assert.equal(await ended, "end");
  }
});
