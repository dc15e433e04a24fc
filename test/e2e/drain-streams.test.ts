/** R5 for HTTP/2: what a sidecar has accepted is finished when it is told to end, whatever the protocol. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Metadata, status } from "@grpc/grpc-js";
import { readAll } from "../support/grpc/interop-cases.ts";
import { type TestServiceClient, testClient } from "../support/grpc/service.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { upstreamPort } from "../support/store.ts";

const SERVER = ["node", "--import", "tsx", fileURLToPath(new URL("../support/grpc/server-main.ts", import.meta.url))];
const SERVICE = ["--service", "calls:80/grpc", "--port", "0"];
const MESSAGES = 20;
const APART_US = 100_000;
const STREAMS = 8;

test("R5: gRPC streams under way are finished, new calls go to the instance that is left", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  const leaving = await mesh.run("one", SERVICE, SERVER);
  await mesh.run("two", SERVICE, SERVER);
  await mesh.waitReady("one");
  await mesh.waitReady("two");
  await mesh.run("caller", ["--upstream", "calls:80"], ["sleep", "86400"]);
  const client = testClient(upstreamPort(await mesh.waitReady("caller"), "default/calls:80"));
  t.after(() => client.close());
  await waitFor("calls to be answered", async () => (await echo(client)) === status.OK, 20_000);

  const ended: Record<number, number> = {};
  let going = true;
  const unary = Array.from({ length: 8 }, async () => {
    while (going) {
      const code = await echo(client);
      ended[code] = (ended[code] ?? 0) + 1;
    }
  });
  let begun = 0;
  const streams = Array.from({ length: STREAMS }, () => readAll(streaming(client), (count) => (begun += count === 1 ? 1 : 0)));
  await waitFor("every stream to have begun", () => begun === STREAMS);
  await leaving.stop();
  const before = ended[status.OK] ?? 0;
  await waitFor("calls on the instance that is left", () => (ended[status.OK] ?? 0) > before + 200, 20_000);
  for (const { sizes, final } of await Promise.all(streams)) {
    assert.deepEqual([final.code, sizes.length], [status.OK, MESSAGES], final.details);
  }
  going = false;
  await Promise.all(unary);
  assert.deepEqual(Object.keys(ended), [String(status.OK)], JSON.stringify(ended));
});

function streaming(client: TestServiceClient): ReturnType<TestServiceClient["streamingOutputCall"]> {
  const responseParameters = Array.from({ length: MESSAGES }, () => ({ size: 10, intervalUs: APART_US }));
  return client.streamingOutputCall({ responseParameters }, new Metadata(), {});
}

/** The status a unary call ends with. */
function echo(client: TestServiceClient): Promise<number> {
  return new Promise((resolve) => {
    client.unaryCall({ responseSize: 10 }, new Metadata(), { deadline: Date.now() + 10_000 }, (error) => resolve(error?.code ?? status.OK));
  });
}
