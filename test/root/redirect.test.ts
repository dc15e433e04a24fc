import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createPodNamespace, namespacesMissing, OUTSIDE, POD, type PodNamespace, type Ran } from "../support/pod-namespace.ts";

const INIT = fileURLToPath(new URL("../../bin/meshctl-init.js", import.meta.url));
const skip = namespacesMissing();
const noIptables =
  skip || (spawnSync("which", ["iptables-restore"]).status === 0 ? false : "iptables is not installed (Debian package iptables)");

const SKIPS = [
  "--skip-inbound-ports=15020,9000-9100",
  "--skip-outbound-ports=8443,7000-7010",
  "--skip-subnets=10.178.0.0/16,fd78::/16,10.178.0.0/24",
] as const;

for (const [backend, missing] of [
  ["nftables", skip],
  ["iptables", noIptables],
] as const) {
  describe(`redirection with ${backend}`, { skip: missing }, () => {
    let pod: PodNamespace;
    const init = (...args: string[]): Promise<Ran> => pod.run([process.execPath, INIT, `--backend=${backend}`, ...args]);
    before(async () => {
      pod = await createPodNamespace();
      await pod.serve("outside", ["tcp:80", "tcp:53", "tcp:8443", "tcp:7005", "udp:53", "udp:9999"]);
      const { code, stdout, stderr } = await init(...SKIPS);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `redirection works (${backend})\n`);
      await pod.serve("pod", ["tcp:15001", "tcp:15006", "tcp:8080", "tcp:9050", "tcp:15020"]);
    });
    after(() => pod?.close());

    describe("goes to the proxy, which sees where it was meant for", () => {
      const outbound: readonly [string, string, number][] = [
        ["an IPv4 address", OUTSIDE.ip4, 80],
        ["an address nobody has", "192.0.2.77", 4321],
        ["an IPv6 address", OUTSIDE.ip6, 80],
        ["the pod's own address", POD.ip4, 8080],
        ["the pod's own IPv6 address", POD.ip6, 8080],
        ["another port of a skipped port's neighbourhood", OUTSIDE.ip4, 7011],
        ["the proxy's inbound port elsewhere", OUTSIDE.ip4, 15006],
      ];
      for (const [words, host, port] of outbound) {
        it(`out: ${words}`, async () => assert.equal(await pod.dial(host, port), `at 15001 for ${host} ${port}`));
      }
      it("out: root of an application's container", async () => {
        assert.equal(await pod.dial(OUTSIDE.ip4, 80, { uid: 0 }), `at 15001 for ${OUTSIDE.ip4} 80`);
      });
      for (const [words, host, port] of [
        ["IPv4", POD.ip4, 8080],
        ["IPv6", POD.ip6, 8080],
        ["a port where nobody listens", POD.ip4, 1234],
        ["the proxy's own outbound port", POD.ip4, 15001],
      ] as const) {
        it(`in: ${words}`, async () => assert.equal(await pod.dialFromOutside(host, port), `at 15006 for ${host} ${port}`));
      }
    });

    describe("goes past the proxy", () => {
      // A listener that was reached directly has no other destination to tell.
      const direct = (port: number) => new RegExp(`^at ${port} for `);
      it("what the proxy itself sends", async () => {
        assert.match(await pod.dial(OUTSIDE.ip4, 80, { uid: 1337 }), direct(80));
        assert.match(await pod.dial(OUTSIDE.ip6, 80, { uid: 1337 }), direct(80));
      });
      it("what the proxy hands to its application, so that nothing loops", async () => {
        assert.match(await pod.dial("127.0.0.1", 8080, { uid: 1337 }), direct(8080));
        assert.match(await pod.dial(POD.ip4, 8080, { uid: 1337 }), direct(8080));
      });
      it("loopback of both families", async () => {
        assert.match(await pod.dial("127.0.0.1", 8080), direct(8080));
        assert.match(await pod.dial("127.8.8.8", 8080), direct(8080));
        assert.match(await pod.dial("::1", 8080), direct(8080));
      });
      it("names: TCP and UDP 53", async () => {
        assert.match(await pod.dial(OUTSIDE.ip4, 53), direct(53));
        assert.equal(await pod.dial(OUTSIDE.ip4, 53, { udp: true }), "udp at 53");
      });
      it("all other UDP", async () => {
        assert.equal(await pod.dial(OUTSIDE.ip4, 9999, { udp: true }), "udp at 9999");
        assert.equal(await pod.dial(OUTSIDE.ip6, 9999, { udp: true }), "udp at 9999");
      });
      it("skipped ports, one by one and in ranges", async () => {
        assert.match(await pod.dial(OUTSIDE.ip4, 8443), direct(8443));
        assert.match(await pod.dial(OUTSIDE.ip6, 7005), direct(7005));
        assert.match(await pod.dialFromOutside(POD.ip4, 15020), direct(15020));
        assert.match(await pod.dialFromOutside(POD.ip6, 9050), direct(9050));
      });
      it("skipped subnets of both families", async () => {
        assert.match(await pod.dial(OUTSIDE.other4, 80), direct(80));
        assert.match(await pod.dial(OUTSIDE.other6, 80), direct(80));
      });
    });
  });

  describe(`the life of ${backend} rules`, { skip: missing }, () => {
    let pod: PodNamespace;
    const init = (...args: string[]): Promise<Ran> => pod.run([process.execPath, INIT, `--backend=${backend}`, ...args]);
    const rules = async (): Promise<string> => (await pod.run(["nft", "list", "ruleset"])).stdout;
    before(async () => {
      pod = await createPodNamespace();
    });
    after(() => pod?.close());

    it("a dry run prints what the kernel takes, and changes nothing", async () => {
      const { stdout, code } = await init("--dry-run", ...SKIPS);
      assert.equal(code, 0);
      if (backend === "nftables") {
        const checked = await pod.run(["nft", "-c", "-f", "-"], stdout);
        assert.equal(checked.code, 0, checked.stderr);
      } else {
        const [four = "", six = ""] = stdout.split(/^(?=# ip6tables-restore)/m);
        for (const [program, text] of [
          ["iptables-restore", four],
          ["ip6tables-restore", six],
        ] as const) {
          const checked = await pod.run([program, "--test", "--noflush"], text);
          assert.equal(checked.code, 0, `${checked.stderr}\n${text}`);
        }
      }
      assert.doesNotMatch(await rules(), /meshctl/i);
    });

    it("applied twice is applied once; other options replace them; others' rules stay", async () => {
      await pod.run(["nft", "add", "table", "inet", "others"]);
      for (const round of [1, 2]) {
        const { code, stderr } = await init(...SKIPS);
        assert.equal(code, 0, `round ${round}: ${stderr}`);
      }
      const twice = await rules();
      await init("--remove");
      await init(...SKIPS);
      assert.equal(normal(twice), normal(await rules()));
      assert.equal((await init("--skip-outbound-ports=1234")).code, 0);
      const changed = await rules();
      assert.match(changed, /1234/);
      assert.doesNotMatch(changed, /8443/);
      assert.match(changed, /table inet others/);
    });

    it("removed, nothing of ours is left, and to remove nothing is no error", async () => {
      for (const round of [1, 2]) {
        const { code, stdout } = await init("--remove");
        assert.equal(code, 0, `round ${round}`);
        assert.equal(stdout, "redirection removed\n");
      }
      const left = await rules();
      assert.doesNotMatch(left, /meshctl/i);
      assert.match(left, /table inet others/);
    });
  });
}

/** Counters aside, in an order of its own: chains come in the order in which they were made. */
function normal(ruleset: string): string {
  return ruleset
    .replaceAll(/counter packets \d+ bytes \d+/g, "counter")
    .split("\n")
    .sort()
    .join("\n");
}

describe("what meshctl-init says when it cannot", { skip }, () => {
  let pod: PodNamespace;
  before(async () => {
    pod = await createPodNamespace();
  });
  after(() => pod?.close());
  const node = process.execPath;

  it("without NET_ADMIN", async () => {
    const bounds = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", "--no-new-privs"];
    const { code, stderr, stdout } = await pod.run([...bounds, node, INIT]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^Error: nft may not change the network: .*not permitted/);
    assert.match(stderr, /capability NET_ADMIN/);
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
  });

  it("without nft", async () => {
    const { code, stderr } = await pod.run(["/usr/bin/env", "PATH=/nowhere", node, INIT]);
    assert.equal(code, 1);
    assert.match(stderr, /^Error: nft is not there\n {2}.*--backend/);
  });

  it("where the port is taken", async () => {
    const stop = await pod.serve("pod", ["tcp:15001"]);
    const { code, stderr } = await pod.run([node, INIT]);
    await stop();
    assert.equal(code, 1);
    assert.match(stderr, /port 15001 is taken/);
  });

  it("as the user whom the rules exempt: they are loaded and do not act", async () => {
    const { code, stderr } = await pod.run([node, INIT, "--proxy-uid=65534"]);
    assert.equal(code, 0, stderr);
    const exempt = await pod.run([
      "setpriv",
      "--reuid=1337",
      "--inh-caps=+net_admin",
      "--ambient-caps=+net_admin",
      "--clear-groups",
      node,
      INIT,
    ]);
    assert.equal(exempt.code, 1);
    assert.match(exempt.stderr, /did not arrive at port 15001/);
    assert.match(exempt.stderr, /user 1337, whom they exempt/);
  });

  it("where other rules come first", async () => {
    const hook = "type nat hook output priority -110; policy accept;";
    const rule = `table inet first {\n chain out {\n ${hook}\n tcp dport 1-65535 redirect to :9\n }\n}\n`;
    assert.equal((await pod.run(["nft", "-f", "-"], rule)).code, 0);
    const { code, stderr } = await pod.run([node, INIT]);
    await pod.run(["nft", "delete", "table", "inet", "first"]);
    assert.equal(code, 1);
    assert.match(stderr, /did not arrive at port 15001: ECONNREFUSED/);
  });

  it("without a network", async () => {
    const { code, stderr } = await pod.run(["unshare", "--net", node, INIT]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no route to anywhere/);
  });

  it("traffic fails closed while no proxy listens", async () => {
    assert.equal((await pod.run([node, INIT])).code, 0);
    const stop = await pod.serve("outside", ["tcp:80"]);
    assert.equal(await pod.dial(OUTSIDE.ip4, 80), "ECONNREFUSED");
    assert.equal(await pod.dialFromOutside(POD.ip4, 8080), "ECONNREFUSED");
    await stop();
  });
});
