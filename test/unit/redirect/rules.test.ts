import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { REDIRECT_BACKENDS } from "../../../src/redirect/backends.ts";
import { explainFailure } from "../../../src/redirect/explain-failure.ts";
import { formatIptables, iptables } from "../../../src/redirect/iptables.ts";
import { formatNftables, merged, nftables } from "../../../src/redirect/nftables.ts";
import { parseRedirectFlags, type RedirectFlags, type RedirectOptions } from "../../../src/redirect/options.ts";
import { compareGoldens } from "../../support/goldens.ts";

function options(flags: RedirectFlags = {}): RedirectOptions {
  const parsed = parseRedirectFlags(flags, { inboundPort: 15006, outboundPort: 15001, proxyUid: 1337 });
  if (parsed.options === null) throw new Error(JSON.stringify(parsed.violations));
  return parsed.options;
}

const ALL: RedirectFlags = {
  "inbound-port": "16006",
  "outbound-port": "16001",
  "proxy-uid": "2000",
  "skip-inbound-ports": "15020,22",
  "skip-outbound-ports": "9050,8443,9000-9100,9101",
  "skip-subnets": "10.0.0.0/8,10.1.0.0/16,fd00::/8",
};

test("goldens: the rules as text", () => {
  const texts = REDIRECT_BACKENDS.flatMap((backend): [string, string][] => [
    [`${backend.name}-default.txt`, backend.format(options())],
    [`${backend.name}-all.txt`, backend.format(options(ALL))],
  ]);
  compareGoldens(fileURLToPath(new URL("goldens", import.meta.url)), new Map(texts));
});

test("port ranges are merged: same ports, in order, apart", () => {
  const range = fc
    .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 20 }))
    .map(([first, more]): [number, number] => [first, first + more]);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
      const ports = (list: readonly (readonly [number, number])[]): Set<number> =>
        new Set(list.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)));
      const result = merged(ranges);
      assert.deepEqual([...ports(result)].sort(), [...ports(ranges)].sort());
      for (const [index, [first]] of result.entries()) assert.ok(index === 0 || first > (result[index - 1]?.[1] ?? 0) + 1);
    }),
  );
});

test("nftables replaces its table in one transaction", () => {
  const [step, ...rest] = nftables.apply(options(), []);
  assert.equal(rest.length, 0);
  assert.deepEqual([step?.program, step?.args], ["nft", ["-f", "-"]]);
  assert.equal(step?.input, `table inet meshctl\ndelete table inet meshctl\n${formatNftables(options())}`);
});

describe("iptables and what is there already", () => {
  const saved = `*nat\n:OUTPUT ACCEPT [0:0]\n:MESHCTL_OUTBOUND - [0:0]\n:MESHCTL_INBOUND - [0:0]\n-A PREROUTING -p tcp -j MESHCTL_INBOUND\n-A OUTPUT -p tcp -j MESHCTL_OUTBOUND\nCOMMIT\n`;
  it("adds the jumps when they are not there", () => {
    assert.equal(formatIptables(options(), 4, "").match(/^-A (OUTPUT|PREROUTING) /gm)?.length, 2);
  });
  it("adds them never twice", () => assert.doesNotMatch(formatIptables(options(), 4, saved), /^-A (OUTPUT|PREROUTING) /m));
  it("removes jumps before chains, and nothing where there is nothing", () => {
    const [four, ...rest] = iptables.remove([saved, ""]);
    assert.equal(rest.length, 0);
    assert.equal(four?.program, "iptables-restore");
    assert.match(four?.input ?? "", /-D OUTPUT[^]*-D PREROUTING[^]*-X MESHCTL_OUTBOUND[^]*-X MESHCTL_INBOUND/);
    assert.deepEqual(iptables.remove(["", "*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"]), []);
  });
});

describe("failures are explained", () => {
  const step = { program: "nft", args: [] };
  const said = (stderr: string, code: number | null = 1, errno?: string) =>
    explainFailure(step, { code, stdout: "", stderr, ...(errno === undefined ? {} : { errno }) }, "4.19.0");
  const cases: readonly [string, ReturnType<typeof said>, RegExp][] = [
    ["no program", said("", null, "ENOENT"), /nft is not there.*--backend/],
    ["no right", said("Operation not permitted (you must be root)\nnetlink: Error\n"), /may not change the network.*NET_ADMIN/],
    ["old kernel", said("Error: Could not process rule: Operation not supported\n"), /kernel \(4\.19\.0\) does not do.*5\.2/],
    ["missing modules", said("Error: Could not process rule: No such file or directory\n"), /--backend=iptables/],
    ["anything else", said("surprise\n", 3), /nft failed with exit code 3: surprise/],
    ["silence", said("", 3), /it said nothing/],
  ];
  for (const [words, { message, hint }, expected] of cases) it(words, () => assert.match(`${message} ${hint}`, expected));
});
