import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { UserError } from "../../../../src/lib/errors.ts";
import { Admin, type AdminSubject } from "../../../../src/proxy/runtime/admin.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(port: number, method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on("error", reject).end();
  });
}

async function admin(t: TestContext): Promise<{ port: number; calls: string[]; state: { reason: string | null } }> {
  const calls: string[] = [];
  const state = { reason: null as string | null };
  const subject: AdminSubject = {
    notReady: () => state.reason,
    metrics: () => "# HELP x y\n",
    config: () => "[]",
    clusters: () => "[]",
    certificate: () => "null",
    drain: () => void calls.push("drain"),
    logLevel: () => "info",
    setLogLevel: (level) => level === "debug" && calls.push(level) > 0,
  };
  const server = new Admin(subject);
  t.after(() => server.close());
  return { port: await server.listen(0), calls, state };
}

describe("the admin port", () => {
  it("tells life, readiness, metrics and configuration", async (t) => {
    const { port, state } = await admin(t);
    assert.deepEqual(await ask(port, "GET", "/livez"), { status: 200, body: "ok\n" });
    assert.equal((await ask(port, "GET", "/readyz")).status, 200);
    state.reason = "no-identity";
    assert.deepEqual(await ask(port, "GET", "/readyz"), { status: 503, body: "no-identity\n" });
    for (const path of ["/metrics", "/config", "/clusters", "/certificate", "/log-level"]) {
      assert.equal((await ask(port, "GET", path)).status, 200, path);
    }
    assert.equal((await ask(port, "GET", "/nothing")).status, 404);
  });

  it("answers only to loopback names: a page cannot reach it through a name of its own", async (t) => {
    const { port } = await admin(t);
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:9"]) {
      assert.equal((await ask(port, "GET", "/livez", { host })).status, 200, host);
    }
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "127.0.0.2"]) {
      assert.equal((await ask(port, "GET", "/config", { host })).status, 421, host);
    }
  });

  it("changes things by POST only, and never for a web page", async (t) => {
    const { port, calls } = await admin(t);
    assert.equal((await ask(port, "GET", "/drain")).status, 405);
    assert.equal((await ask(port, "GET", "/log-level?level=debug")).status, 405);
    assert.equal((await ask(port, "POST", "/drain", { origin: "http://localhost" })).status, 403);
    assert.deepEqual(calls, []);
    assert.equal((await ask(port, "POST", "/drain")).status, 202);
    assert.equal((await ask(port, "POST", "/log-level?level=debug")).status, 200);
    assert.equal((await ask(port, "POST", "/log-level?level=loud")).status, 400);
    assert.deepEqual(calls, ["drain", "debug"]);
  });

  it("says which port it could not have", async (t) => {
    const { port } = await admin(t);
    const second = new Admin({} as AdminSubject);
    await assert.rejects(second.listen(port), (error) => error instanceof UserError && error.message.includes(`127.0.0.1:${port}`));
  });
});
