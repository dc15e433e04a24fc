import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createKubeClient } from "../../../src/kube/client.ts";
import { isUnreachable, KubeError } from "../../../src/kube/error.ts";
import { createInformer } from "../../../src/kube/informer.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { EXIT } from "../../../src/lib/errors.ts";
import { startApi } from "../../support/api.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { CONFIG_MAP, configMap } from "./objects.ts";

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    () => assert.fail("succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof KubeError);
  return error;
}

test("a server that does not listen is unreachable, with the caller's hint and exit code 3", async () => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const client = createKubeClient({ server: `https://127.0.0.1:${port}`, token: "t", unreachableHint: "start it" });
  const error = await failure(client.list(CONFIG_MAP));
  assert.ok(isUnreachable(error));
  assert.deepEqual([error.exitCode, error.hint], [EXIT.UNREACHABLE, "start it"]);
  assert.match(error.message, /nothing listens there/);
  await client.close();
});

test("a server of another mesh is not talked to", async () => {
  const api = await startApi();
  const client = createKubeClient({ server: api.url, caPem: selfSigned().certPem, token: api.token });
  const error = await failure(client.list(CONFIG_MAP));
  assert.match(error.message, /its certificate is not of this mesh/);
  await client.close();
  await api.close();
});

test("the token is asked for at every request", async () => {
  const api = await startApi();
  let current = "stale";
  const client = createKubeClient({ server: api.url, caPem: api.caPem, getToken: () => Promise.resolve(current) });
  const inDefault = { namespace: "default" };
  assert.equal((await failure(client.list(CONFIG_MAP, inDefault))).status, 403);
  current = api.token;
  assert.equal((await client.list(CONFIG_MAP, inDefault)).items.length, 0);
  await client.close();
  await api.close();
});

test("lists longer than a page come back whole", async () => {
  const api = await startApi();
  await Promise.all(Array.from({ length: 512 }, (_, index) => api.client.create(CONFIG_MAP, configMap(`c${index}`))));
  const { items } = await api.client.list(CONFIG_MAP, { namespace: "default" });
  assert.equal(new Set(items.map(({ metadata }) => metadata.name)).size, 512);
  assert.equal((await api.client.list(CONFIG_MAP, { limit: 10 })).items.length, 10);
  await api.close();
});

test("an aborted watch ends without an error", async () => {
  const api = await startApi();
  const abort = new AbortController();
  setImmediate(() => abort.abort());
  const ended = (async () => {
    for await (const _ of api.client.watch(CONFIG_MAP, "", { signal: abort.signal })) assert.fail("an event");
  })();
  await ended.catch((error: unknown) => assert.equal((error as Error).name, "AbortError"));
  await api.close();
});

test("an informer follows through restarts of the server, and ends with what the server has", async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-informer-"));
  let api = await startApi({ directory });
  const { port } = api;
  const client = createKubeClient({ server: api.url, caPem: api.caPem, token: api.token });
  let changed: () => void = () => {};
  const informer = createInformer({
    client,
    kind: CONFIG_MAP,
    namespace: "default",
    clock: systemClock,
    onEvent: () => changed(),
    backoff: { initialMs: 5, maxMs: 50 },
  });
  const until = (what: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`still ${[...informer.items.keys()].join(", ")}`)), 5_000);
      changed = () => {
        if (!what()) return;
        clearTimeout(deadline);
        resolve();
      };
      changed();
    });
  try {
    await api.client.create(CONFIG_MAP, configMap("first"));
    informer.start();
    await until(() => informer.items.has("default/first"));
    for (let restart = 0; restart < 3; restart += 1) {
      await api.close();
      api = await startApi({ directory, port });
      await api.client.create(CONFIG_MAP, configMap(`after-${restart}`));
      if (restart === 1) await api.client.delete(CONFIG_MAP, "first", "default");
      await until(() => informer.items.has(`default/after-${restart}`));
    }
    await until(() => !informer.items.has("default/first"));
    assert.equal(informer.items.size, 3);
  } finally {
    await informer.stop();
    await client.close();
    await api.close();
    rmSync(directory, { recursive: true });
  }
});
