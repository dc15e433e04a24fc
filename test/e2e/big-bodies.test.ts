import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyApp, type BodyClient, http1Client, http2Client } from "../support/http/bodies.ts";
import { startMesh } from "../support/mesh.ts";
import { startPair } from "../support/pair.ts";
import { MemoryWatch } from "../support/process-memory.ts";

const MIB = 1_024 * 1_024;
/** 1 GiB takes minutes on a busy machine: `npm run nightly` sends it, everyday runs a quarter. */
const SIZE = process.env.MESHCTL_NIGHTLY === "1" ? 1_024 * MIB : 256 * MIB;
const WARM = 64 * MIB;
const MAY_GROW = 32 * MIB;
/** From the first byte on: V8 lets read buffers that are done with lie until there are about 40 MiB of them. */
const MAY_GROW_FROM_COLD = 64 * MIB;
const CLIENTS: Readonly<Record<string, (port: number) => BodyClient>> = { classic: http1Client, modern: http2Client };

test(`bodies of ${SIZE / MIB} MiB through two sidecars: every byte, in little memory`, { timeout: 600_000 }, async (t) => {
  const mesh = await startMesh(t);
  const apps: Readonly<Record<string, BodyApp>> = { classic: new BodyApp(1), modern: new BodyApp(2) };
  t.after(() => {
    for (const app of Object.values(apps)) app.close();
  });
  const pair = await startPair(mesh, [
    { name: "classic", protocol: "http", listen: (port) => (apps.classic as BodyApp).listen(port) },
    { name: "modern", protocol: "http2", listen: (port) => (apps.modern as BodyApp).listen(port) },
  ]);

  for (const [name, connect] of Object.entries(CLIENTS)) {
    const app = apps[name] as BodyApp;
    const client = connect(pair.port(name));
    t.after(() => client.close());
    const whole = new MemoryWatch(pair.proxyPids);
    await client.up(WARM);
    await client.down(WARM);

    for (const [direction, move] of Object.entries({
      up: () => client.up(SIZE),
      async down() {
        const came = await client.down(SIZE);
        return [app.sent, came] as const;
      },
    })) {
      await t.test(`${name === "classic" ? "HTTP/1.1" : "HTTP/2"}, ${direction}`, async (t) => {
        const watch = new MemoryWatch(pair.proxyPids);
        const began = performance.now();
        const [sent, came] = await move().finally(() => {
          t.diagnostic(`${Math.round(performance.now() - began)} ms`);
        });
        const grown = watch.stop();
        t.diagnostic(`memory grew by ${inMib(grown)} MiB`);
        assert.equal(came, sent);
        assert.ok(Math.max(...grown) <= MAY_GROW, `${grown} bytes`);
      });
    }
    const grown = whole.stop();
    t.diagnostic(`${name}, from its first byte: ${inMib(grown)} MiB`);
    assert.ok(Math.max(...grown) <= MAY_GROW_FROM_COLD, `${grown} bytes`);
  }
});

function inMib(grown: readonly number[]): string {
  return grown.map((bytes) => (bytes / MIB).toFixed(1)).join(" and ");
}
