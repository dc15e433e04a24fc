import assert from "node:assert/strict";
import { test } from "node:test";
import { INTEROP_CASES, type InteropClients } from "../support/grpc/interop-cases.ts";
import { GrpcTestServer } from "../support/grpc/server.ts";
import { testClient, unimplementedClient } from "../support/grpc/service.ts";
import { startMesh } from "../support/mesh.ts";
import { startPair } from "../support/pair.ts";

const REPEATS = 1_000;
/** Those that move half a MiB and more a call: a fifth of the rounds, but all of them at night. */
const HEAVY = new Set(["large_unary", "custom_metadata"]);
const HEAVY_EVERY = process.env.MESHCTL_NIGHTLY === "1" ? 1 : 5;
const AT_ONCE = 32;
const CHANNELS = 8;

test("gRPC's public interoperability cases through two sidecars", { timeout: 180_000 }, async (t) => {
  const mesh = await startMesh(t);
  const server = new GrpcTestServer();
  t.after(() => server.close());
  const pair = await startPair(mesh, [{ name: "calls", protocol: "grpc", listen: (port) => server.listen(port) }]);
  const port = pair.port("calls");
  const channels = Array.from({ length: CHANNELS }, () => ({ test: testClient(port), unimplemented: unimplementedClient(port) }));
  const clients = channels[0] as InteropClients;
  t.after(() => {
    for (const { test: client, unimplemented } of channels) {
      client.close();
      unimplemented.close();
    }
  });
  assert.equal(Object.keys(INTEROP_CASES).length, 14);

  for (const [name, run] of Object.entries(INTEROP_CASES)) await t.test(name, () => run(clients));

  await t.test(`${REPEATS} times the fourteen, ${AT_ONCE} at once: none fails`, async (t) => {
    const began = performance.now();
    const { failures, ran } = await repeat(channels, REPEATS);
    t.diagnostic(`${ran} cases in ${Math.round(performance.now() - began)} ms`);
    assert.deepEqual(failures, []);
  });
});

/** Runs every case `times` times, mixed; gives what failed. */
async function repeat(
  channels: readonly InteropClients[],
  times: number,
): Promise<{ readonly failures: readonly string[]; readonly ran: number }> {
  const cases = Object.entries(INTEROP_CASES);
  const failures: string[] = [];
  let next = 0;
  let ran = 0;
  async function worker(_: unknown, index: number): Promise<void> {
    const clients = channels[index % channels.length] as InteropClients;
    while (next < times * cases.length && failures.length < 20) {
      const [name, run] = cases[next % cases.length] as (typeof cases)[number];
      const round = Math.floor(next / cases.length);
      next += 1;
      if (HEAVY.has(name) && round % HEAVY_EVERY !== 0) continue;
      ran += 1;
      try {
        await run(clients);
      } catch (error) {
        failures.push(`${name}: ${String(error)}`);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { failures, ran };
}
