import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import * as grpc from "@grpc/grpc-js";
import * as protoLoader from "@grpc/proto-loader";
import { testRoot } from "./pki.ts";
import { startServer, Table, TYPE, until, WEB } from "./setup.ts";

/** The public protocol's own files, as grpc-js-xds ships them; the messages we generate are not used on this side. */
const deps = join(dirname(createRequire(import.meta.url).resolve("@grpc/grpc-js-xds/package.json")), "deps");
const definition = protoLoader.loadSync("envoy/service/discovery/v3/ads.proto", {
  includeDirs: ["envoy-api", "xds", "googleapis", "protoc-gen-validate"].map((name) => join(deps, name)),
  keepCase: true,
  defaults: true,
  longs: String,
});
type AdsClient = new (
  address: string,
  credentials: grpc.ChannelCredentials,
) => grpc.Client & {
  DeltaAggregatedResources(): grpc.ClientDuplexStream<object, ForeignResponse>;
};
interface ForeignResponse {
  readonly type_url: string;
  readonly nonce: string;
  readonly removed_resources: readonly string[];
  readonly resources: readonly {
    readonly name: string;
    readonly version: string;
    readonly aliases: readonly string[];
    readonly resource: { readonly type_url: string; readonly value: Buffer };
  }[];
}
const Ads = (grpc.loadPackageDefinition(definition) as never as { envoy: { service: { discovery: { v3: Record<string, AdsClient> } } } })
  .envoy.service.discovery.v3.AggregatedDiscoveryService as AdsClient;

describe("a client that knows only the public xDS protocol", async () => {
  const root = await testRoot();
  const table = new Table();
  const { server, port } = await startServer(root, table);
  const leaf = await root.issue(WEB);
  const credentials = grpc.credentials.createSsl(Buffer.from(root.pem), Buffer.from(leaf.key), Buffer.from(leaf.cert), {
    checkServerIdentity: () => undefined,
  });
  const clients: grpc.Client[] = [];
  after(async () => {
    for (const client of clients) client.close();
    await server.close();
  });

  function open() {
    const client = new Ads(`127.0.0.1:${port}`, credentials);
    clients.push(client);
    const call = client.DeltaAggregatedResources();
    const responses: ForeignResponse[] = [];
    let status: grpc.StatusObject | null = null;
    call.on("data", (response: ForeignResponse) => responses.push(response));
    call.on("status", (ended) => (status = ended));
    call.on("error", () => {});
    return { call, responses, status: () => status };
  }

  const node = { id: "default/web-9", cluster: "default/web", user_agent_name: "foreign", user_agent_version: "9.9.9" };

  it("subscribes, acknowledges, gets changes and removals", async () => {
    table.set("thing", "first", ["also"]);
    const { call, responses } = open();
    call.write({ node, type_url: TYPE, resource_names_subscribe: ["thing", "nothing"] });
    await until(() => responses.length === 1, "the first response");
    const [first] = responses;
    assert.equal(first?.type_url, TYPE);
    assert.deepEqual(first?.removed_resources, ["nothing"]);
    const [thing] = first?.resources ?? [];
    assert.deepEqual([thing?.name, thing?.aliases, thing?.resource.type_url], ["thing", ["also"], TYPE]);
    call.write({ type_url: TYPE, response_nonce: first?.nonce });
    const delivery = () => [...(server.streams()[0]?.deliveries() ?? [])].find(({ name }) => name === "thing");
    await until(() => delivery()?.acked === thing?.version, "its acknowledgement");
    assert.equal(server.streams()[0]?.subscriber.version, "9.9.9");
    table.set("thing", "second");
    server.changed(TYPE, ["thing"]);
    await until(() => responses.length === 2, "the change");
    assert.notEqual(responses[1]?.resources[0]?.version, thing?.version);
    table.delete("thing");
    server.changed(TYPE, ["thing"]);
    await until(() => responses.length === 3, "the removal");
    assert.deepEqual(responses[2]?.removed_resources, ["thing"]);
    call.end();
    await until(() => server.streams().length === 0, "the end");
  });

  it("resumes with versions in hand and gets nothing twice", async () => {
    table.set("x", "1");
    const first = open();
    first.call.write({ node, type_url: TYPE, resource_names_subscribe: ["x"] });
    await until(() => first.responses.length === 1, "the first stream");
    const version = first.responses[0]?.resources[0]?.version;
    first.call.cancel();
    const second = open();
    const request = { node, type_url: TYPE, resource_names_subscribe: ["x", "y"], initial_resource_versions: { x: version, old: "1" } };
    second.call.write(request);
    await until(() => second.responses.length === 1, "the second stream");
    assert.deepEqual(second.responses[0]?.resources, []);
    assert.deepEqual([...(second.responses[0]?.removed_resources ?? [])].sort(), ["old", "y"]);
    second.call.cancel();
  });

  for (const [what, request] of [
    ["a wildcard name", { node, type_url: TYPE, resource_names_subscribe: ["*"] }],
    ["an empty first request", { node, type_url: TYPE }],
    ["no node", { type_url: TYPE, resource_names_subscribe: ["a"] }],
    ["a name of 513 characters", { node, type_url: TYPE, resource_names_subscribe: ["n".repeat(513)] }],
  ] as const) {
    it(`is refused with INVALID_ARGUMENT for ${what}`, async () => {
      const { call, status } = open();
      call.write(request);
      await until(() => status() !== null, "the refusal");
      assert.equal(status()?.code, grpc.status.INVALID_ARGUMENT);
    });
  }
});
