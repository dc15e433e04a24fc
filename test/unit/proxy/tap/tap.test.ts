import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TapFilter, TapSession } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TapBatch, type TapEvent } from "../../../../src/messages/gen/meshctl/telemetry/v1/telemetry.ts";
import type { ExchangeRecord } from "../../../../src/proxy/contract.ts";
import { tapEventOf } from "../../../../src/proxy/tap/event.ts";
import { compileTapFilter } from "../../../../src/proxy/tap/filter.ts";
import { isSensitive, REDACTED } from "../../../../src/proxy/tap/redact.ts";
import { TapSender } from "../../../../src/proxy/tap/sender.ts";
import { Tap } from "../../../../src/proxy/tap/tap.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

function record(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    direction: "outbound",
    protocol: "http/1.1",
    grpcStatus: -1,
    traceId: "",
    spanId: "",
    parentSpanId: "",
    startUnixMs: 1_000.5,
    durationMs: 1.25,
    method: "GET",
    authority: "api",
    path: "/items/1",
    status: 503,
    requestBytes: 1,
    responseBytes: 2,
    mtls: true,
    peerIdentity: "spiffe://cluster.local/ns/default/sa/api1",
    reason: "no-endpoints",
    policy: "",
    requestId: "r1",
    service: "default/api:80",
    routeLabel: "",
    source: "default/web",
    destination: "default/api1",
    sourceAddress: "127.0.0.1:1",
    destinationAddress: "127.0.0.1:2",
    attempts: 1,
    requestHeaders: ["X-Kind", "tea", "Authorization", "Bearer abc", "x-kind", "coffee"],
    responseHeaders: ["Set-Cookie", "id=1", "Content-Type", "text/plain"],
    ...changes,
  };
}

describe("a tap filter", () => {
  const header = (name: string, value: string, kind = 1) => ({ headers: [{ name, match: { kind, value } }] });
  for (const [what, fields, holds] of [
    ["nothing asked", {}, true],
    ["method", { method: "GET" }, true],
    ["another method", { method: "POST" }, false],
    ["path prefix by bytes", { pathPrefix: "/items/" }, true],
    ["another path", { pathPrefix: "/item/" }, false],
    ["authority, any case", { authority: "API" }, true],
    ["another authority", { authority: "api2" }, false],
    ["a code", { status: "503" }, true],
    ["a class", { status: "5xx" }, true],
    ["another class", { status: "4xx" }, false],
    ["from", { fromWorkload: "default/web" }, true],
    ["from another", { fromWorkload: "default/we" }, false],
    ["to", { toWorkload: "default/api1" }, true],
    ["to another", { toWorkload: "default/api2" }, false],
    ["service, any port", { toService: "default/api" }, true],
    ["a service with that beginning", { toService: "default/ap" }, false],
    [
      "a version of it, by its workload",
      { toService: "default/api-v1", baseService: "default/api", versionWorkloads: ["default/api1"] },
      true,
    ],
    ["another version of it", { toService: "default/api-v2", baseService: "default/api", versionWorkloads: ["default/api2"] }, false],
    ["a version without workloads", { toService: "default/api-v3", baseService: "default/api" }, false],
    [
      "that workload for another service",
      { toService: "default/x-v1", baseService: "default/x", versionWorkloads: ["default/api1"] },
      false,
    ],
    ["the version by its own name", { toService: "default/api", baseService: "default/other", versionWorkloads: [] }, true],
    ["direction", { direction: "outbound" }, true],
    ["other direction", { direction: "inbound" }, false],
    ["reason", { reason: "no-endpoints" }, true],
    ["other reason", { reason: "overloaded" }, false],
    ["a header's second line", header("x-kind", "coffee"), true],
    ["a header by prefix", header("x-kind", "te", 2), true],
    ["a header by pattern", header("x-kind", "t.a", 3), true],
    ["a pattern matches the whole value", header("x-kind", "t", 3), false],
    ["a header that is not there", header("x-other", ""), false],
    ["a redacted header, even with its right value", header("authorization", "Bearer abc"), false],
    ["all must hold", { method: "GET", status: "2xx" }, false],
  ] as const) {
    it(`${what}: ${holds}`, () => assert.equal(compileTapFilter(TapFilter.fromPartial(fields as never))(record()), holds));
  }

  it("that is not understood is refused, not taken for everything", () => {
    assert.throws(() => compileTapFilter(TapFilter.fromPartial({ status: "5x" })), /neither a code nor a class/);
    assert.throws(() => compileTapFilter(TapFilter.fromPartial(header("x", "(", 3) as never)), /regular expression/);
  });
});

describe("redaction", () => {
  it("hits what carries credentials", () => {
    for (const name of [
      "authorization",
      "proxy-authorization",
      "cookie",
      "set-cookie",
      "x-api-key",
      "x-auth-token",
      "x-amz-security-token",
      "client_secret",
      "x-csrf",
      "x-forwarded-client-cert",
      "x-user-password",
      "apikey",
      "x-session-id",
    ]) {
      assert.equal(isSensitive(name), true, name);
    }
    for (const name of ["accept", "host", "content-type", "x-request-id", "user-agent", "traceparent", "etag"]) {
      assert.equal(isSensitive(name), false, name);
    }
  });

  it("leaves no value of such a header in the event", () => {
    const event = tapEventOf(record(), "default/web", ["t1"]);
    assert.deepEqual(event.requestHeaders, [
      { name: "x-kind", value: "tea" },
      { name: "authorization", value: REDACTED },
      { name: "x-kind", value: "coffee" },
    ]);
    assert.equal(event.responseHeaders[0]?.value, REDACTED);
    const bytes = Buffer.from(TapBatch.encode({ events: [event], dropped: 0 }).finish()).toString("latin1");
    assert.ok(!bytes.includes("abc") && !bytes.includes("id=1"));
    assert.deepEqual([event.startUnixUs, event.durationUs], [1_000_500, 1_250]);
  });
});

/** A tap whose stream the test opens and closes. */
function setup() {
  const clock = new PausedClock(1_000_000);
  const sent: TapBatch[] = [];
  const stream = { open: true, taking: true };
  const sender = new TapSender({
    clock,
    open: () =>
      stream.open
        ? {
            send: (bytes) => {
              if (!stream.taking) return false;
              sent.push(TapBatch.decode(bytes));
              return true;
            },
            end: () => {},
          }
        : null,
  });
  const tap = new Tap({ clock, proxy: "default/web", sender, processes: 1 });
  const events = (): TapEvent[] => sent.flatMap((batch) => batch.events);
  const dropped = (): number => sent.reduce((sum, batch) => sum + Number(batch.dropped), 0);
  return { clock, sent, stream, sender, tap, events, dropped };
}

function session(changes: Partial<TapSession> = {}): TapSession {
  return TapSession.fromPartial({ id: "t1", expiresAtUnixMs: 1_060_000, maxPerSecond: 10, ...changes });
}

describe("a tap", () => {
  it("sends what passes its filter, once for all sessions it passed", () => {
    const { clock, tap, events } = setup();
    assert.equal(tap.wantsHeaders, false);
    tap.set([session(), session({ id: "t2" }), session({ id: "t3", filter: TapFilter.fromPartial({ method: "POST" }) })]);
    assert.equal(tap.wantsHeaders, true);
    tap.ended(record());
    clock.advance(50);
    assert.deepEqual(
      events().map(({ sessionIds, proxy, path }) => [sessionIds, proxy, path]),
      [[["t1", "t2"], "default/web", "/items/1"]],
    );
  });

  it("ends at its instant by itself", () => {
    const { clock, tap, events } = setup();
    tap.set([session({ expiresAtUnixMs: 1_005_000 })]);
    clock.advance(4_999);
    assert.equal(tap.wantsHeaders, true);
    clock.advance(1);
    assert.equal(tap.wantsHeaders, false);
    tap.ended(record());
    clock.advance(50);
    assert.equal(events().length, 0);
    tap.set([session({ expiresAtUnixMs: 1_000_000 })]);
    assert.equal(tap.sessions, 0, "a session that has ended never begins");
  });

  it("keeps to its rate and counts what it drops", () => {
    const { clock, tap, events, dropped } = setup();
    tap.set([session()]);
    for (let count = 0; count < 25; count += 1) tap.ended(record());
    clock.advance(50);
    assert.deepEqual([events().length, dropped()], [10, 15]);
    // The same session again in a new configuration does not refill it.
    tap.set([session()]);
    tap.ended(record());
    clock.advance(50);
    assert.equal(events().length, 10);
    tap.ended(record());
    clock.advance(50);
    assert.equal(events().length, 11, "100 ms refill one of ten a second");
    clock.advance(10_000);
    for (let count = 0; count < 25; count += 1) tap.ended(record());
    clock.advance(50);
    assert.equal(events().length, 21);
  });

  it("never waits for a stalled or absent controller: its queue is bounded, the rest counted", () => {
    const { clock, stream, sender, tap, events, dropped } = setup();
    tap.set([session({ maxPerSecond: 10_000 })]);
    stream.taking = false;
    for (let count = 0; count < 5_000; count += 1) tap.ended(record());
    clock.advance(1_000);
    assert.equal(events().length, 0);
    assert.equal(sender.dropped, 5_000 - 2_048);
    stream.taking = true;
    clock.advance(250);
    assert.deepEqual([events().length, dropped()], [2_048, 5_000 - 2_048]);
    stream.open = false;
  });

  it("refuses more sessions than it serves, and keeps the present ones", () => {
    const { tap } = setup();
    tap.set([session()]);
    assert.throws(() => tap.set(Array.from({ length: 65 }, (_, index) => session({ id: `t${index}` }))), /at most 64/);
    assert.equal(tap.sessions, 1);
  });
});
