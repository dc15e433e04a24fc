import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AppProbe, formatAppProbes, parseAppProbes } from "../../../src/messages/app-probes.ts";

const PROBE: AppProbe = { at: "/app-probes/a/liveness", purpose: "liveness", timeoutMs: 1000, check: { kind: "tcp", port: 80 } };

describe("the list of an application's probes", () => {
  it("comes back as it was written", () => {
    const probes: AppProbe[] = [
      PROBE,
      { ...PROBE, check: { kind: "grpc", port: 1, service: "é" } },
      { ...PROBE, check: { kind: "http", port: 65_535, path: "/?a", tls: true, headers: [["a", "b"]] } },
    ];
    assert.deepEqual(parseAppProbes(formatAppProbes(probes)), probes);
    assert.deepEqual(parseAppProbes(""), []);
  });

  it("is refused as a whole when anything in it is wrong", () => {
    const bad: unknown[] = [
      { ...PROBE, at: "/metrics" },
      { ...PROBE, at: 1 },
      { ...PROBE, purpose: "fun" },
      { ...PROBE, timeoutMs: 0 },
      { ...PROBE, check: null },
      { ...PROBE, check: { kind: "tcp", port: 0 } },
      { ...PROBE, check: { kind: "tcp", port: "80" } },
      { ...PROBE, check: { kind: "udp", port: 80 } },
      { ...PROBE, check: { kind: "grpc", port: 80 } },
      { ...PROBE, check: { kind: "http", port: 80, path: "/", tls: "no", headers: [] } },
      { ...PROBE, check: { kind: "http", port: 80, path: "/", tls: false, headers: [["a"]] } },
      null,
    ];
    for (const item of bad) assert.equal(parseAppProbes(JSON.stringify([PROBE, item])), "probe 1 is not one");
    assert.equal(parseAppProbes("{"), "not JSON");
    assert.match(parseAppProbes("{}") as string, /not a list/);
    assert.match(parseAppProbes(JSON.stringify(Array.from({ length: 257 }, () => PROBE))) as string, /at most 256/);
    assert.match(parseAppProbes("x".repeat(200_000)) as string, /longer than/);
  });
});
