import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ChannelCredentials, Client, status } from "@grpc/grpc-js";
import { takeBytes } from "../../../src/discovery/bytes.ts";
import { DeltaDiscoveryRequest } from "../../../src/messages/gen/envoy/service/discovery/v3/ads.ts";
import { GRPC } from "../../../src/messages/names.ts";
import { testRoot } from "./pki.ts";
import { clientTls, startClient, startServer, Table, TYPE, until } from "./setup.ts";

const root = await testRoot();
const tls = await clientTls(root);

describe("discovery over real sockets", () => {
  const closers: (() => unknown)[] = [];
  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  async function mesh(more: Parameters<typeof startServer>[2] = {}) {
    const table = new Table();
    const { server, port } = await startServer(root, table, more);
    const { client, recorded } = startClient(port, () => tls);
    closers.push(
      () => server.close(),
      () => client.close(),
    );
    return { table, server, port, client, recorded };
  }

  it("answers known and unknown names, pushes later creation, change and removal", async () => {
    const { table, server, client, recorded } = await mesh();
    table.set("a", "one");
    client.subscribe(TYPE, "a");
    client.subscribe(TYPE, "b");
    await until(() => recorded.held.has("a") && recorded.updates.some((update) => update.removed.includes("b")), "first answers");
    table.set("b", "late");
    server.changed(TYPE, ["b"]);
    await until(() => recorded.held.get("b") === "late", "creation of a remembered name");
    table.delete("a");
    server.changed(TYPE, ["a"]);
    await until(() => !recorded.held.has("a"), "removal");
    assert.equal(server.streams()[0]?.subscriber.version, "1.2.3");
  });

  it("applies the valid part of a response, refuses the rest by name, and keeps the stream", async () => {
    const { table, server, client, recorded } = await mesh();
    table.set("good", "1");
    table.set("bad", "1");
    client.subscribe(TYPE, "good");
    client.subscribe(TYPE, "bad");
    await until(() => recorded.held.size === 2, "both");
    recorded.refuse = (name) => (name === "bad" ? "weights sum to zero" : null);
    table.set("good", "2");
    table.set("bad", "2");
    server.changed(TYPE, ["good", "bad"]);
    const states = () => new Map([...(server.streams()[0]?.deliveries() ?? [])].map((delivery) => [delivery.name, delivery]));
    await until(() => states().get("bad")?.nack?.message === "weights sum to zero", "the refusal in status");
    assert.equal(states().get("good")?.acked, states().get("good")?.version);
    assert.equal(states().get("good")?.nack, null);
    assert.deepEqual(
      [...recorded.held],
      [
        ["good", "2"],
        ["bad", "1"],
      ],
    );
    recorded.refuse = () => null;
    table.set("bad", "3");
    server.changed(TYPE, ["bad"]);
    await until(() => recorded.held.get("bad") === "3" && states().get("bad")?.nack === null, "recovery");
  });

  it("coalesces a burst into the last version", async () => {
    const { table, server, client, recorded } = await mesh({ coalesceMs: 30 });
    table.set("a", "0");
    client.subscribe(TYPE, "a");
    await until(() => recorded.held.has("a"), "first");
    const before = server.counters.resources;
    for (let version = 1; version <= 100; version += 1) {
      table.set("a", String(version));
      server.changed(TYPE, ["a"]);
    }
    await until(() => recorded.held.get("a") === "100", "the last version");
    assert.equal(server.counters.resources - before, 1);
  });

  it("resyncs within 3 s of the server's return, with removals, and resends only what differs", async () => {
    const { table, server, port, client, recorded } = await mesh();
    for (const name of ["same", "changed", "gone"]) {
      table.set(name, "1");
      client.subscribe(TYPE, name);
    }
    await until(() => recorded.held.size === 3, "all three");
    await server.close();
    await until(() => client.state !== "connected", "loss noticed");
    table.set("changed", "2");
    table.delete("gone");
    recorded.updates.length = 0;
    const { server: next } = await startServer(root, table, {}, port);
    closers.push(() => next.close());
    const took = await until(() => recorded.held.get("changed") === "2" && !recorded.held.has("gone"), "resync", 3_000);
    console.log(`resync after ${took.toFixed(0)} ms`);
    assert.deepEqual(
      recorded.updates.flatMap((update) => update.resources.map((resource) => resource.name)),
      ["changed"],
    );
    assert.equal(recorded.held.get("same"), "1");
    await until(() => [...(next.streams()[0]?.deliveries() ?? [])].every((delivery) => delivery.version === delivery.acked), "synced");
  });

  it("carries a client stream on the same connection and says no when nothing is connected", async () => {
    const got: string[] = [];
    let ended = 0;
    const { client, server } = await mesh({
      upStreams: {
        [GRPC.TAP]: (subscriber) => ({
          message: (bytes) => got.push(`${subscriber.id} ${bytes.toString()}`),
          end: () => (ended += 1),
        }),
      },
    });
    assert.equal(
      client.openUpStream(GRPC.TAP, () => {}),
      null,
    );
    client.subscribe(TYPE, "x");
    await until(() => server.streams().length === 1 && client.state === "connected", "stream");
    let detail: string | null = null;
    const up = client.openUpStream(GRPC.TAP, (reason) => (detail = reason));
    assert.ok(up);
    assert.equal(up.send(Buffer.from("hello")), true);
    up.end();
    await until(() => ended === 1 && detail !== null, "end on both sides");
    assert.deepEqual(got, ["default/web-1 hello"]);
    assert.equal(detail, "");
  });

  it("says that a stream is up only when it knows whose: what the client then opens beside it is taken", async () => {
    const { port } = await mesh({ upStreams: { [GRPC.CLOCK]: () => ({ message() {}, end() {} }) } });
    const raw = new Client(
      `127.0.0.1:${port}`,
      ChannelCredentials.createFromSecureContext(tls.secureContext, { checkServerIdentity: (_host, leaf) => tls.verifyServer(leaf) }),
      { "grpc.ssl_target_name_override": "meshctl-controller.meshctl-system" },
    );
    closers.push(() => raw.close());
    const ads = raw.makeBidiStreamRequest<Buffer, Buffer>(GRPC.DELTA_ADS, takeBytes, takeBytes);
    let up = false;
    ads.on("error", () => {}).on("metadata", () => (up = true));
    const beside = () =>
      new Promise<number>((resolve) => {
        const call = raw.makeClientStreamRequest<Buffer, Buffer>(GRPC.CLOCK, takeBytes, takeBytes, (error) => resolve(error?.code ?? 0));
        call.end();
      });
    assert.equal(await beside(), status.FAILED_PRECONDITION);
    assert.equal(up, false, "the stream came before, nothing on it has said whose it is");
    const first = { ...DeltaDiscoveryRequest.create({}), typeUrl: TYPE, resourceNamesSubscribe: ["x"] };
    const node = { id: "default/web-1", cluster: "default/web", userAgentName: "raw", userAgentVersion: "1.0.0", clientFeatures: [] };
    ads.write(Buffer.from(DeltaDiscoveryRequest.encode({ ...first, node }).finish()));
    await until(() => up, "the answer's beginning");
    assert.equal(await beside(), 0);
    ads.cancel();
  });

  it("refuses a node the certificate does not stand for, and does not hammer", async () => {
    const { client, recorded } = await mesh({ authorise: (subscriber) => (subscriber.id === "default/web-1" ? "not yours" : null) });
    client.subscribe(TYPE, "a");
    await until(() => recorded.states.some((state) => state.includes("not yours")), "refusal seen");
    assert.equal(recorded.updates.length, 0);
  });
});
