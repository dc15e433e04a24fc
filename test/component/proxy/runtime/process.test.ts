import assert from "node:assert/strict";
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { connect, createServer } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Bootstrap, FromProxy } from "../../../../src/messages/bootstrap.ts";
import { TestMesh } from "../pki.ts";
import { listening, until } from "../sides.ts";

const PROGRAM = fileURLToPath(new URL("../../../../src/main/proxy.ts", import.meta.url));
const mesh = new TestMesh();

/** Nothing listens where its controller should be. */
const BOOTSTRAP: Bootstrap = {
  kind: "bootstrap",
  instance: "default/web",
  namespace: "default",
  workload: "web",
  serviceAccount: "web",
  trustDomain: "cluster.local",
  trustBundle: mesh.rootPem,
  joinToken: "a-very-secret-token",
  controller: { discovery: "127.0.0.1:1", https: "127.0.0.1:1" },
  inbound: [],
  upstreams: [{ destination: "default/api:80", listenPort: 0 }],
  outboundPort: 0,
  adminPort: 0,
  savedDir: null,
  logLevel: "info",
  drainMs: 1_000,
};

interface Started {
  readonly child: ChildProcess;
  readonly told: FromProxy[];
  output(): string;
  readonly exit: Promise<number | null>;
}

function start(t: TestContext, bootstrap: Bootstrap | null): Started {
  const child = fork(PROGRAM, [], { execArgv: ["--import", "tsx"], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  const told: FromProxy[] = [];
  let output = "";
  child.on("message", (message) => told.push(message as FromProxy));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  if (bootstrap !== null) child.send(bootstrap);
  return { child, told, output: () => output, exit: new Promise((resolve) => child.once("exit", (code) => resolve(code))) };
}

function portOf(started: Started): number {
  const listeningMessage = started.told.find((message) => message.kind === "listening");
  return listeningMessage?.kind === "listening" ? (listeningMessage.upstreams[0] as number) : 0;
}

describe("the sidecar's process", () => {
  it("started by hand says who starts it", () => {
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", PROGRAM], { encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, /started by `meshctl run`/);
  });

  it("listens and says why it is not ready while its controller is away; its log holds no secret", async (t) => {
    const started = start(t, BOOTSTRAP);
    await until("it says so", () => started.told.some(({ kind }) => kind === "not-ready"), 15_000);
    assert.deepEqual(
      started.told.slice(0, 2).map((message) => ("reason" in message ? message.reason : message.kind)),
      ["listening", "no-identity"],
    );
    await until("it has tried to get a certificate", () => started.output().includes("no certificate"));
    assert.ok(!started.output().includes("a-very-secret-token"));
    started.child.kill("SIGTERM");
    assert.equal(await started.exit, 0);
  });

  it("ends by itself when its supervisor is gone", async (t) => {
    const started = start(t, BOOTSTRAP);
    await until("it listens", () => portOf(started) > 0, 15_000);
    const port = portOf(started);
    started.child.disconnect();
    assert.equal(await started.exit, 0);
    const refused = await new Promise((resolve) => connect(port, "127.0.0.1").on("error", () => resolve(true)));
    assert.equal(refused, true);
  });

  it("says in one sentence what keeps it from starting", async (t) => {
    const taken = createServer();
    const port = await listening(taken);
    t.after(() => taken.close());
    for (const [bootstrap, sentence] of [
      [
        { ...BOOTSTRAP, upstreams: [{ destination: "default/api:80", listenPort: port }] },
        /cannot listen on 127\.0\.0\.1:\d+ for upstream default\/api:80/,
      ],
      [{ ...BOOTSTRAP, trustBundle: "nonsense" }, /trust bundle/],
    ] as const) {
      const started = start(t, bootstrap);
      assert.equal(await started.exit, 1);
      const fatal = started.told.find((message) => message.kind === "fatal");
      assert.ok(fatal?.kind === "fatal");
      assert.match(fatal.message, sentence);
      assert.doesNotMatch(started.output(), /\n\s+at /);
    }
  });
});
