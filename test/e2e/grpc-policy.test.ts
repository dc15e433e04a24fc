import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { StatResponse } from "../../src/api/contract.ts";
import { GrpcTestServer } from "../support/grpc/server.ts";
import { type TestServiceClient, testClient } from "../support/grpc/service.ts";
import { shareTolerance } from "../support/load.ts";
import { startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { type PairService, runCaller, runServer } from "../support/pair.ts";
import { upstreamPort } from "../support/store.ts";

const CALLS = 1_000;
const METHOD = "/grpc.testing.TestService/EmptyCall";

test("the mesh's rules act on each gRPC call of one channel, and its own answers are gRPC's", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  const [first, second] = [new GrpcTestServer(), new GrpcTestServer()];
  t.after(() => {
    first.close();
    second.close();
  });
  const service = (server: GrpcTestServer): readonly PairService[] => [
    { name: "calls", protocol: "grpc", listen: (port) => server.listen(port) },
  ];
  const [one, two] = await Promise.all([
    runServer(mesh, "one", service(first), ["--version", "v1"]),
    runServer(mesh, "two", service(second), ["--version", "v2"]),
  ]);
  const { workload } = await runCaller(mesh, "caller", ["calls"]);
  const client = testClient(upstreamPort(workload, "default/calls:80"));
  t.after(() => client.close());
  const shares = async (): Promise<readonly number[]> => {
    const before = [first.calls, second.calls];
    for (let sent = 0; sent < CALLS; sent += 20) await Promise.all(Array.from({ length: 20 }, () => succeed(client)));
    return [first.calls - (before[0] as number), second.calls - (before[1] as number)];
  };

  await t.test("two endpoints share the calls of one channel", async (t) => {
    const [ofFirst = 0, ofSecond = 0] = await shares();
    t.diagnostic(`${ofFirst} and ${ofSecond}`);
    assert.equal(ofFirst + ofSecond, CALLS);
    // Balanced by latency, not drawn: that both carry a good part is the promise.
    assert.ok(Math.min(ofFirst, ofSecond) >= CALLS / 5, `${ofFirst} and ${ofSecond}`);
  });

  await t.test("a split by weight holds for calls", async (t) => {
    await mesh.ok(["route", "split", "calls", "--weight", "v1=80", "--weight", "v2=20"]);
    let share = Number.NaN;
    // The split reaches the proxy a moment after the command; a mixture of both is off by far.
    await waitFor(
      "the shares asked for",
      async () => {
        const [ofFirst = 0] = await shares();
        share = ofFirst / CALLS;
        return Math.abs(share - 0.8) <= shareTolerance(0.8, CALLS);
      },
      20_000,
      () => `${share}`,
    );
    t.diagnostic(`${share} of them`);
  });

  await t.test("tap shows the method and the status, on both sides", async () => {
    const tap = mesh.background(["tap", "calls", "--max", "2", "-o", "json"]);
    await tap.waitForOutput(/[Tt]apping/);
    await waitFor("two lines", async () => {
      await succeed(client);
      return tap.child.exitCode !== null;
    });
    for (const line of (await tap.exited).stdout.trim().split("\n")) {
      const { path, method, status: code, grpcStatus } = JSON.parse(line);
      assert.deepEqual([path, method, code, grpcStatus], [METHOD, "POST", 200, status.OK]);
    }
  });

  await t.test("a fault is a status with its reason", async () => {
    await mesh.ok(["fault", "abort", "calls", "--status", "503", "--percent", "100"]);
    const failed = await errorOf(client);
    assert.equal(failed.code, status.UNAVAILABLE);
    assert.match(failed.details, /fault-abort/);
    assert.deepEqual(failed.metadata.get("x-meshctl-reason"), ["fault-abort"]);
    await mesh.ok(["fault", "clear", "calls"]);
    await waitFor("calls to go on", () =>
      succeed(client).then(
        () => true,
        () => false,
      ),
    );
  });

  await t.test("stat counts calls, and those that failed", async () => {
    let last: StatResponse["rows"] = [];
    await waitFor(
      "the failure in stat",
      async () => {
        last = (JSON.parse(await mesh.ok(["stat", "svc", "calls", "-t", "5m", "-o", "json"])) as StatResponse).rows;
        return last.some(({ requests, successes }) => requests >= 2 * CALLS && successes < requests);
      },
      20_000,
      () => JSON.stringify(last),
    );
    assert.deepEqual([last[0]?.tcpConnections, last[0]?.meshedShare], [0, 1]);
  });

  await t.test("no endpoint is UNAVAILABLE, with the reason, and one that comes back is used", async () => {
    await Promise.all([one.background.stop(), two.background.stop()]);
    const failed = await waitFor("no endpoint", async () => {
      const error = await errorOf(client).catch(() => null);
      return error !== null && /no-endpoints/.test(error.details) ? error : null;
    });
    assert.equal(failed.code, status.UNAVAILABLE);
    assert.deepEqual(failed.metadata.get("x-meshctl-reason"), ["no-endpoints"]);
    await again(mesh, client);
  });
});

async function again(mesh: TestMesh, client: TestServiceClient): Promise<void> {
  const server = new GrpcTestServer();
  try {
    await runServer(mesh, "again", [{ name: "calls", protocol: "grpc", listen: (port) => server.listen(port) }], ["--version", "v1"]);
    await waitFor("calls to go on", () =>
      succeed(client).then(
        () => true,
        () => false,
      ),
    );
  } finally {
    server.close();
  }
}

function succeed(client: TestServiceClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.emptyCall({}, new Metadata(), { deadline: Date.now() + 10_000 }, (error) => (error ? reject(error) : resolve()));
  });
}

/** Asks until the call fails: what the mesh is told reaches its proxies a moment later. */
function errorOf(client: TestServiceClient): Promise<ServiceError> {
  return waitFor("a call that fails", () =>
    succeed(client).then(
      () => null,
      (error: ServiceError) => error,
    ),
  );
}
