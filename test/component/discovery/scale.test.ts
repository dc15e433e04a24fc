import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { TYPE_URL } from "../../../src/messages/names.ts";
import { mesh, service, slice, workload } from "../../unit/compile/objects.ts";
import { testRoot } from "./pki.ts";
import { clientTls, startClient, startServer, Table, until } from "./setup.ts";

const SERVICES = 1_000;
const SUBSCRIBERS = 100;
const EACH = 10;

describe("1,000 services and 100 subscribers", () => {
  const closers: (() => unknown)[] = [];
  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  it("one endpoint change compiles one unit and sends one resource, to its subscribers only", async () => {
    const { compiler, put } = mesh();
    for (let index = 0; index < SERVICES; index += 1) {
      put(service(`svc${index}`));
      put(workload(`w${index}`));
      put(slice(`svc${index}`, `w${index}`, 20_000 + index));
    }
    const root = await testRoot();
    const source = {
      lookup: (typeUrl: string, name: string, subscriber: { id: string }) =>
        compiler.lookup(typeUrl, name, { id: subscriber.id, namespace: "default" }),
    };
    const { server, port } = await startServer(root, new Table(), { source });
    closers.push(() => server.close());
    const tls = await clientTls(root);
    const clients = Array.from({ length: SUBSCRIBERS }, (_, index) => {
      const node = { id: `default/c${index}`, cluster: "default/c", version: "1.0.0", features: [] };
      const made = startClient(port, () => tls, { node });
      closers.push(() => made.client.close());
      // Subscriber n wants services n·10 … n·10+9; everyone wants svc0's neighbours of the first ten once more.
      for (let offset = 0; offset < EACH; offset += 1) {
        for (const type of [TYPE_URL.OUTBOUND, TYPE_URL.ENDPOINTS]) made.client.subscribe(type, `default/svc${index * EACH + offset}:80`);
      }
      if (index < 3) made.client.subscribe(TYPE_URL.ENDPOINTS, "default/svc777:80");
      return made;
    });
    const all = SUBSCRIBERS * EACH * 2 + 3;
    // More than all where a slow machine let a handshake run into its deadline: that client came again, and was sent its own again.
    await until(
      () =>
        server.counters.resources >= all && server.streams().length === SUBSCRIBERS && server.streams().every((stream) => settled(stream)),
      "first sync",
      20_000,
    );
    const sent = server.counters.resources;
    const compiled = compiler.compiled;
    assert.equal(compiled, SERVICES * 2, "each unit compiled once, however many ask");
    for (const { recorded } of clients) recorded.updates.length = 0;

    const invalidations = put(slice("svc777", "w777", 20_777, { conditions: { ready: false } }));
    for (const { typeUrl, names } of invalidations) server.changed(typeUrl, names);
    const wanted = 4; // subscriber 77, and the first three
    await until(() => server.counters.resources === sent + wanted, "the change");
    // Anything more would be sent by the same flush: when all have acknowledged, it has come.
    await until(() => server.streams().every((stream) => settled(stream)), "acknowledged");
    assert.equal(server.counters.resources, sent + wanted);
    assert.equal(compiler.compiled - compiled, 1);
    const told = clients.flatMap(({ recorded }, index) => (recorded.updates.length > 0 ? [index] : []));
    assert.deepEqual(told, [0, 1, 2, 77]);
    for (const index of told) {
      const updates = clients[index]?.recorded.updates ?? [];
      assert.deepEqual(
        updates.map((update) => [update.typeUrl, update.resources.map((resource) => resource.name), update.removed]),
        [[TYPE_URL.ENDPOINTS, ["default/svc777:80"], []]],
      );
    }
  });
});

function settled(stream: { deliveries(): Iterable<{ version: string; acked: string | null }> }): boolean {
  return [...stream.deliveries()].every((delivery) => delivery.acked === delivery.version);
}
