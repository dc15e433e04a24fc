import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../src/lib/clock.ts";
import { formatAccessJson, formatAccessText } from "../../../src/telemetry/access-log.ts";
import { createLogger, type LogOptions, parseLogLevel } from "../../../src/telemetry/log.ts";
import { exchange } from "./exchange.ts";

const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, setTimer: () => ({ cancel: () => {} }) };

function collect(over: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({ level: "info", format: "json", clock, write: (line) => lines.push(line), ...over });
  return { lines, logger };
}

test("JSON lines carry time, level, message and fields; children add theirs", () => {
  const { lines, logger } = collect();
  logger.child({ part: "tls" }).warn("leaf ends soon", { inMs: 5, error: Object.assign(new Error("boom"), { code: "EIO" }) });
  assert.deepEqual(lines, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"leaf ends soon","part":"tls","inMs":5,"error":"boom (EIO)"}\n',
  ]);
});

test("the level can change at run time, for children too", () => {
  const { lines, logger } = collect({ level: "warn" });
  const child = logger.child({});
  child.info("no");
  logger.setLevel("debug");
  assert.equal(logger.level, "debug");
  child.debug("yes");
  child.trace("no");
  assert.equal(lines.length, 1);
  assert.equal(parseLogLevel("warn"), "warn");
  assert.equal(parseLogLevel("loud"), null);
});

test("text lines cannot be forged", () => {
  const { lines, logger } = collect({ format: "text" });
  logger.error("bad\nINFO x", { host: "a b", evil: "\u001b[31m", plain: "x", none: undefined, big: 10n, list: [1] });
  assert.deepEqual(lines, ['1970-01-01T00:00:00.000Z ERROR bad\\u000aINFO x host="a b" evil=\\u001b[31m plain=x big=10 list=[1]\n']);
});

test("access log as JSON leaves out what says nothing", () => {
  assert.equal(
    formatAccessJson(exchange()),
    '{"time":"2026-01-02T03:04:05.678Z","direction":"outbound","protocol":"http/1.1","method":"GET","authority":"api","path":"/items","status":200,' +
      '"durationMs":1.235,"requestBytes":0,"responseBytes":82,"source":"default/web","destination":"default/api","service":"default/api:80",' +
      '"mtls":true,"peerIdentity":"spiffe://cluster.local/ns/default/sa/api","sourceAddress":"127.0.0.1:1","destinationAddress":"127.0.0.1:2",' +
      '"attempts":1,"requestId":"r-1"}\n',
  );
  const tcp = JSON.parse(formatAccessJson(exchange({ protocol: "tcp", reason: "connect-failed" })));
  assert.equal(tcp.reason, "connect-failed");
  assert.ok(!("method" in tcp || "status" in tcp));
});

test("access log as text is one line whatever came in", () => {
  assert.equal(
    formatAccessText(exchange({ authority: "a\r\nb", status: 503, reason: "no-route" })),
    "03:04:05.678 outbound default/web → default/api GET a??b/items 503 1.2ms 0/82 mtls no-route\n",
  );
  assert.match(formatAccessText(exchange({ protocol: "tcp", mtls: false })), / TCP 1\.2ms 0\/82 plain\n$/);
});
