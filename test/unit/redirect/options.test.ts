import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { isSkipped, parseRedirectFlags, type RedirectFlags } from "../../../src/redirect/options.ts";

const POD = { inboundPort: 15006, outboundPort: 15001, proxyUid: 1337 };

function parsed(flags: RedirectFlags = {}) {
  const { options, violations } = parseRedirectFlags(flags, POD);
  assert.ok(options, JSON.stringify(violations));
  return options;
}

test("without flags: a pod's ports and the sidecar's user", () => {
  assert.deepEqual(parsed(), {
    inboundPort: 15006,
    outboundPort: 15001,
    proxyUid: 1337,
    skipInboundPorts: [],
    skipOutboundPorts: [],
    skipSubnets: [],
  });
});

test("lists may have blanks and be empty; addresses are brought to lower case", () => {
  const options = parsed({ "skip-inbound-ports": "22, 9000-9100,", "skip-outbound-ports": "", "skip-subnets": "10.0.0.0/8,FD00::/8" });
  assert.deepEqual(options.skipInboundPorts, [
    [22, 22],
    [9000, 9100],
  ]);
  assert.deepEqual(options.skipOutboundPorts, []);
  assert.deepEqual(options.skipSubnets, [
    { family: 4, cidr: "10.0.0.0/8" },
    { family: 6, cidr: "fd00::/8" },
  ]);
});

describe("refused, with the flag and what was given", () => {
  const cases: readonly [RedirectFlags, RegExp][] = [
    [{ "inbound-port": "0" }, /--inbound-port.*"0" is not a whole number from 1 to 65535/],
    [{ "inbound-port": "15006x" }, /"15006x"/],
    [{ "outbound-port": "65536" }, /"65536"/],
    [{ "outbound-port": "" }, /"" is not a whole number/],
    [{ "proxy-uid": "0" }, /--proxy-uid.*"0"/],
    [{ "proxy-uid": "4294967295" }, /"4294967295"/],
    [{ "proxy-uid": "root" }, /"root"/],
    [{ "skip-inbound-ports": "80-" }, /"80-" is not a port or a range/],
    [{ "skip-inbound-ports": "90-80" }, /"90-80"/],
    [{ "skip-outbound-ports": "1:2" }, /"1:2"/],
    [{ "skip-outbound-ports": "70000" }, /"70000"/],
    [{ "skip-subnets": "10.0.0.0" }, /"10.0.0.0" is not an address with its prefix length/],
    [{ "skip-subnets": "10.0.0.0/33" }, /"10.0.0.0\/33"/],
    [{ "skip-subnets": "10.0.0/8" }, /"10.0.0\/8"/],
    [{ "skip-subnets": "fe80::%eth0/64" }, /eth0/],
    [{ "skip-subnets": "::/0; flush ruleset" }, /flush ruleset/],
    [{ "skip-subnets": "10.0.0.0/8/8" }, /"10.0.0.0\/8\/8"/],
    [{ "inbound-port": "15001" }, /must not be --outbound-port/],
    [{ "skip-inbound-ports": Array.from({ length: 257 }, (_, index) => index + 1).join(",") }, /257 entries, at most 256/],
  ];
  for (const [flags, expected] of cases) {
    it(JSON.stringify(flags).slice(0, 60), () => {
      const { options, violations } = parseRedirectFlags(flags, POD);
      assert.equal(options, null);
      assert.match(violations.map(({ path, message }) => `${path} ${message}`).join("\n"), expected);
    });
  }
});

test("what is skipped: DNS, ports, subnets of both families", () => {
  const options = parsed({ "skip-outbound-ports": "80,9000-9100", "skip-subnets": "10.0.0.0/8,fd00::/8" });
  for (const [address, port, expected] of [
    ["192.0.2.1", 53, true],
    ["192.0.2.1", 80, true],
    ["192.0.2.1", 9050, true],
    ["192.0.2.1", 9101, false],
    ["10.255.0.1", 443, true],
    ["11.0.0.1", 443, false],
    ["fd12::1", 443, true],
    ["2001:db8::1", 443, false],
  ] as const) {
    assert.equal(isSkipped(options, address, port), expected, `${address} ${port}`);
  }
});
