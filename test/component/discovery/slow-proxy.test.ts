import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from "../../../src/messages/gen/envoy/service/discovery/v3/ads.ts";
import { GRPC } from "../../../src/messages/names.ts";
import { testRoot } from "./pki.ts";
import { clientTls, startClient, startServer, Table, TYPE, until, WEB } from "./setup.ts";

const VERSIONS = 300;
const BYTES = 64 * 1024;

describe("a proxy that does not read", () => {
  const closers: (() => unknown)[] = [];
  after(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  it("holds nobody up, costs no memory, and gets the latest state when it reads again", async () => {
    const root = await testRoot();
    const table = new Table();
    const { server, port } = await startServer(root, table, { coalesceMs: 1 });
    closers.push(() => server.close());
    const leaf = await root.issue(WEB);
    const raw = new grpc.Client(
      `127.0.0.1:${port}`,
      grpc.credentials.createSsl(Buffer.from(root.pem), Buffer.from(leaf.key), Buffer.from(leaf.cert), {
        checkServerIdentity: () => undefined,
      }),
      { "grpc.ssl_target_name_override": "controller", "grpc.max_receive_message_length": 8 * 1024 * 1024 },
    );
    closers.push(() => raw.close());
    const bytes = (message: Buffer) => message;
    const stalled = raw.makeBidiStreamRequest<Buffer, Buffer>(GRPC.DELTA_ADS, bytes, bytes);
    stalled.on("error", () => {});
    const say = (request: object) =>
      stalled.write(Buffer.from(DeltaDiscoveryRequest.encode(DeltaDiscoveryRequest.fromPartial(request)).finish()));
    say({ node: { id: "default/stalled" }, typeUrl: TYPE, resourceNamesSubscribe: ["a"] });
    await until(() => server.streams().length === 1, "the stalled stream");

    const tls = await clientTls(root);
    const { client, recorded } = startClient(port, () => tls);
    closers.push(() => client.close());
    client.subscribe(TYPE, "a");
    const payload = (version: number) => `${version} `.padEnd(BYTES, "x");
    for (let version = 1; version <= VERSIONS; version += 1) {
      table.set("a", payload(version));
      server.changed(TYPE, ["a"]);
      await until(() => recorded.held.get("a") === payload(version), `version ${version} at the proxy that reads`);
    }
    const sent = [
      ...(server
        .streams()
        .find((stream) => stream.subscriber.id === "default/stalled")
        ?.deliveries() ?? []),
    ];
    assert.ok(sent.length > 0);

    const seen: number[] = [];
    stalled.on("data", (message: Buffer) => {
      const response = DeltaDiscoveryResponse.decode(message);
      for (const resource of response.resources) seen.push(Number(resource.resource?.value.toString().split(" ")[0]));
      say({ typeUrl: TYPE, responseNonce: response.nonce });
    });
    await until(
      () => seen.at(-1) === VERSIONS,
      () => `the last version, not ${seen.at(-1)}`,
    );
    // What was on its way when it stopped reading, and the latest: not the three hundred.
    assert.ok(seen.length < VERSIONS / 4, `${seen.length} versions were kept for it`);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    stalled.cancel();
  });
});
