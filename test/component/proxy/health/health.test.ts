import assert from "node:assert/strict";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type AddressInfo, type Server } from "node:net";
import { after, describe, it } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { systemClock } from "../../../../src/lib/clock.ts";
import type { AppCheck, AppProbe, AppProbePurpose } from "../../../../src/messages/app-probes.ts";
import { AppProbes } from "../../../../src/proxy/health/app-probes.ts";
import { HealthServer } from "../../../../src/proxy/health/server.ts";
import { selfSigned } from "../../../support/self-signed.ts";

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function port(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const app = (listener: RequestListener): Promise<number> => port(createHttp(listener));

interface Seen {
  readonly url: string;
  readonly headers: Record<string, unknown>;
}

async function health(
  probes: readonly AppProbe[],
  state: { notReady: string | null } = { notReady: null },
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const draining = (): boolean => state.notReady === "draining";
  const server = new HealthServer(
    { notReady: () => state.notReady, metrics: () => "some_metric 1\n" },
    new AppProbes({ probes, host: "127.0.0.1", clock: systemClock, draining }),
  );
  const at = await server.listen(0, "127.0.0.1");
  closers.push(() => server.close());
  return (path, init) => fetch(`http://127.0.0.1:${at}${path}`, { redirect: "manual", ...init });
}

function probe(check: AppCheck, purpose: AppProbePurpose = "liveness", timeoutMs = 20_000): AppProbe {
  return { at: `/app-probes/app/${purpose}`, purpose, timeoutMs, check };
}

const http = (at: number, path = "/", extra: Partial<Extract<AppCheck, { kind: "http" }>> = {}): AppCheck => ({
  kind: "http",
  port: at,
  path,
  tls: false,
  headers: [],
  ...extra,
});

const LIVENESS = "/app-probes/app/liveness";

describe("the health port", () => {
  it("tells of itself, and nothing it is not asked for", async () => {
    const state = { notReady: "no-identity" as string | null };
    const ask = await health([], state);
    assert.equal((await ask("/livez")).status, 200);
    const waiting = await ask("/readyz");
    assert.deepEqual([waiting.status, await waiting.text()], [503, "no-identity\n"]);
    state.notReady = null;
    assert.equal((await ask("/readyz")).status, 200);
    assert.equal(await (await ask("/metrics")).text(), "some_metric 1\n");
    assert.equal((await ask(LIVENESS)).status, 404);
    assert.equal((await ask("/drain", { method: "POST" })).status, 405);
    assert.equal((await ask("/drain")).status, 404);
  });

  it("asks over HTTP with path, query, headers and the kubelet's name", async () => {
    const seen: Seen[] = [];
    const at = await app((request, response) => {
      seen.push({ url: request.url ?? "", headers: request.headers });
      response.end("fine");
    });
    const headers = [
      ["X-Token", "a b"],
      ["Host", "shop.example.org"],
      ["X-Twice", "1"],
      ["x-twice", "2"],
    ] as const;
    const ask = await health([probe(http(at, "/ü/%2F?full=true&x=%zz", { headers }))]);
    const answer = await ask(LIVENESS, { headers: { "user-agent": "kube-probe/1.33" } });
    assert.deepEqual([answer.status, await answer.text()], [200, "fine"]);
    assert.equal(seen[0]?.url, "/%C3%BC/%2F?full=true&x=%25zz");
    assert.deepEqual(
      [seen[0]?.headers["x-token"], seen[0]?.headers.host, seen[0]?.headers["x-twice"], seen[0]?.headers["user-agent"]],
      ["a b", "shop.example.org", "1, 2", "kube-probe/1.33"],
    );
  });

  it("takes 200 to 399 for success, and tells the rest as it is", async () => {
    let status = 200;
    const at = await app((_request, response) => response.writeHead(status).end(`says ${status}`));
    const ask = await health([probe(http(at))]);
    for (const [said, told] of [
      [200, 200],
      [204, 204],
      [304, 200],
      [399, 200],
      [400, 400],
      [404, 404],
      [500, 500],
      [503, 503],
    ] as const) {
      status = said;
      assert.equal((await ask(LIVENESS)).status, told, String(said));
    }
  });

  it("asks over TLS without looking at the certificate", async () => {
    const { certPem, keyPem } = selfSigned();
    const at = await port(createHttps({ cert: certPem, key: keyPem }, (_request, response) => response.end("safe")));
    const ask = await health([probe(http(at, "/", { tls: true, headers: [["Host", "shop.example.org"]] }))]);
    const answer = await ask(LIVENESS);
    assert.deepEqual([answer.status, await answer.text()], [200, "safe"]);
  });

  it("follows redirects on the same port only", async () => {
    let elsewhere = 0;
    const other = await app((_request, response) => {
      elsewhere += 1;
      response.end();
    });
    let target = "/there?x=1";
    const paths: string[] = [];
    const at = await app((request, response) => {
      paths.push(request.url ?? "");
      if (request.url === "/" || target === "/") response.writeHead(302, { location: target }).end();
      else response.writeHead(418).end();
    });
    const ask = await health([probe(http(at))]);
    assert.equal((await ask(LIVENESS)).status, 418, "followed");
    assert.deepEqual(paths, ["/", "/there?x=1"]);
    for (target of [`http://127.0.0.1:${other}/`, `http://localhost:${at}/`, "//example.org/", "ftp://x", "http://["]) {
      const answer = await ask(LIVENESS);
      assert.deepEqual([answer.status, answer.headers.get("location")], [200, null], target);
    }
    assert.equal(elsewhere, 0, "nobody is asked whom the list does not name");
    target = "/";
    const endless = await ask(LIVENESS);
    assert.deepEqual([endless.status, await endless.text()], [503, "more than 10 redirects"]);
  });

  it("reads no more of an answer than the kubelet does", async () => {
    const at = await app((_request, response) => {
      const more = (): void => {
        while (response.write("x".repeat(65_536))) if (response.destroyed) return;
        response.once("drain", more);
      };
      more();
    });
    const ask = await health([probe(http(at))]);
    assert.equal((await (await ask(LIVENESS)).text()).length, 10 * 1024);
  });

  it("gives up after the probe's own time, and on what does not answer", async () => {
    const silent = await app(() => {});
    const ask = await health([
      probe(http(silent), "liveness", 100),
      probe({ kind: "tcp", port: 1 }, "readiness"),
      probe({ kind: "grpc", port: 1, service: "" }, "startup"),
    ]);
    const late = await ask(LIVENESS);
    assert.deepEqual([late.status, await late.text()], [503, "no answer within 100 ms"]);
    assert.match(await (await ask("/app-probes/app/readiness")).text(), /ECONNREFUSED/);
    assert.match(await (await ask("/app-probes/app/startup")).text(), /ECONNREFUSED/);
  });

  it("connects over TCP and sends nothing", async () => {
    const got: number[] = [];
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => (ended = resolve));
    const server = createTcp((socket) => {
      socket.on("data", (chunk) => got.push(chunk.length));
      socket.on("error", () => {});
      socket.on("close", () => ended());
    });
    const ask = await health([probe({ kind: "tcp", port: await port(server) })]);
    assert.equal((await ask(LIVENESS)).status, 200);
    await end;
    assert.deepEqual(got, []);
  });

  it("asks gRPC's health service, of a real gRPC server", async () => {
    const answers: Record<string, number | "error"> = { "": 1, ready: 1, sick: 2, gone: "error" };
    const server = new grpc.Server();
    const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
    server.addService(
      {
        check: {
          path: "/grpc.health.v1.Health/Check",
          requestStream: false,
          responseStream: false,
          requestSerialize: bytes.serialize,
          requestDeserialize: bytes.deserialize,
          responseSerialize: bytes.serialize,
          responseDeserialize: bytes.deserialize,
        },
      },
      {
        check(call: { request: Buffer }, done: (error: Partial<grpc.StatusObject> | null, answer?: Buffer) => void) {
          const answer = answers[call.request.subarray(2).toString()];
          if (answer === "error") done({ code: grpc.status.NOT_FOUND, details: "no such service" });
          else done(null, Buffer.from([0x08, answer ?? 0]));
        },
      },
    );
    const at = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    closers.push(() => server.forceShutdown());
    const told: Record<string, [number, string]> = {};
    for (const service of Object.keys(answers)) {
      const answer = await (await health([probe({ kind: "grpc", port: at, service })]))(LIVENESS);
      told[service] = [answer.status, await answer.text()];
    }
    assert.deepEqual(told, {
      "": [200, "SERVING"],
      ready: [200, "SERVING"],
      sick: [503, "the service is NOT_SERVING"],
      gone: [503, "gRPC status 5"],
    });
  });

  it("runs a check once at a time, however many ask", async () => {
    let asked = 0;
    const at = await app((_request, response) => {
      asked += 1;
      response.end("one answer");
    });
    const probes = new AppProbes({ probes: [probe(http(at))], host: "127.0.0.1", clock: systemClock, draining: () => false });
    const answers = await Promise.all(Array.from({ length: 50 }, () => probes.run(LIVENESS, "kube-probe/1.33")));
    assert.ok(answers.every((answer) => answer?.text === "one answer"));
    assert.equal(asked, 1);
    assert.equal((await probes.run(LIVENESS, "kube-probe/1.33"))?.status, 200);
    assert.equal(asked, 2, "the next one asks anew");
  });

  it("ends an application only when the pod ends", async () => {
    let stopped = 0;
    const at = await app((_request, response) => {
      stopped += 1;
      response.end();
    });
    const state = { notReady: null as string | null };
    const ask = await health([probe(http(at), "pre-stop")], state);
    assert.equal((await ask("/app-probes/app/pre-stop")).status, 403);
    assert.equal(stopped, 0);
    const early = ask("/app-probes/app/pre-stop");
    state.notReady = "draining";
    assert.equal((await early).status, 200);
    assert.equal(stopped, 1);
  });

  it("does not fall for headers that cannot be sent", async () => {
    const at = await app((_request, response) => response.end());
    const ask = await health([probe(http(at, "/", { headers: [["bad name", "x"]] }))]);
    const answer = await ask(LIVENESS);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /header/i);
  });
});
