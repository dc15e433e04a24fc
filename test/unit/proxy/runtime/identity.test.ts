import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type IdentityOptions, type Proof, ProxyIdentity } from "../../../../src/proxy/runtime/identity.ts";
import type { Issued } from "../../../../src/proxy/runtime/issue.ts";
import type { Credentials, TrustView } from "../../../../src/proxy/tls/credentials.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const START = 1_000_000_000;
const LIFE = 100_000;
const TRUST: TrustView = { bundleOf: () => undefined, isRevoked: () => false, rootsPem: [] };

function leaf(serial: string, notBeforeMs: number, notAfterMs = notBeforeMs + LIFE): Credentials {
  return {
    identity: "spiffe://cluster.local/ns/default/sa/web",
    keyPem: `key ${serial}`,
    chainPem: `chain ${serial}`,
    serial,
    notBeforeMs,
    notAfterMs,
  };
}

/** A controller that answers as the test says; by default with a leaf of 100 s. */
function setup(changes: Partial<IdentityOptions> = {}) {
  const clock = new PausedClock(START);
  const asked: string[] = [];
  const events: string[] = [];
  let count = 0;
  const controller = {
    answer: (): Issued => {
      count += 1;
      return { ok: true, credentials: leaf(`s${count}`, clock.nowMs()), trustBundlePem: "" };
    },
  };
  const identity = new ProxyIdentity({
    clock,
    random: () => 0.5,
    trust: TRUST,
    credentials: null,
    joinToken: "first",
    issue: async (proof: Proof) => {
      asked.push("token" in proof ? proof.token : proof.cert);
      return controller.answer();
    },
    needToken: () => events.push("need-token"),
    issued: ({ serial }) => events.push(`issued ${serial}`),
    log: () => {},
    ...changes,
  });
  identity.onChange(() => events.push(`changed ${identity.credentials()?.serial ?? "none"}`));
  return { clock, asked, events, controller, identity };
}

/** Lets promises settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

const refuse = (refused: boolean) => (): Issued => ({ ok: false, refused, message: "no" });

describe("a proxy's identity", () => {
  it("begins with the join token, and renews at half its life with its leaf", async () => {
    const { clock, asked, events, identity } = setup();
    identity.start();
    await settle();
    assert.deepEqual(asked, ["first"]);
    assert.deepEqual(events, ["issued s1", "changed s1"]);
    clock.advance(LIFE / 2 - 1);
    await settle();
    assert.equal(asked.length, 1);
    clock.advance(1);
    await settle();
    assert.deepEqual(asked, ["first", "chain s1"]);
    assert.equal(identity.credentials()?.serial, "s2");
    identity.close();
  });

  it("renews with jitter: 5 % either way", async () => {
    for (const [random, atMs] of [
      [0, 45_000],
      [0.999999, 55_000],
    ] as const) {
      const { clock, asked, identity } = setup({ random: () => random });
      identity.start();
      await settle();
      clock.advance(atMs - 10);
      await settle();
      assert.equal(asked.length, 1);
      clock.advance(20);
      await settle();
      assert.equal(asked.length, 2);
      identity.close();
    }
  });

  it("tries again with back-off of at most 3 s, and keeps its leaf meanwhile", async () => {
    const { clock, asked, controller, identity } = setup();
    identity.start();
    await settle();
    const good = controller.answer;
    controller.answer = refuse(false);
    clock.advance(LIFE / 2);
    await settle();
    for (let second = 0; second < 30; second += 1) {
      clock.advance(1_000);
      await settle();
    }
    assert.ok(asked.length >= 10, `${asked.length} tries in 30 s`);
    assert.equal(identity.credentials()?.serial, "s1");
    controller.answer = good;
    clock.advance(3_000);
    await settle();
    assert.equal(identity.credentials()?.serial, "s2");
    identity.close();
  });

  it("ends with its leaf: everybody is told, nothing is shown, a new token is asked for and used", async () => {
    const { clock, asked, events, controller, identity } = setup();
    identity.start();
    await settle();
    const good = controller.answer;
    controller.answer = refuse(false);
    for (let second = 0; second <= LIFE / 1_000; second += 1) {
      clock.advance(1_000);
      await settle();
    }
    assert.equal(identity.credentials(), null);
    assert.ok(events.includes("changed none"));
    clock.advance(3_000);
    await settle();
    assert.ok(events.includes("need-token"));
    const before = asked.length;
    clock.advance(60_000);
    await settle();
    assert.equal(asked.length, before, "an ended leaf proves nothing: it is not shown");
    controller.answer = good;
    identity.giveToken("second");
    await settle();
    assert.equal(asked.at(-1), "second");
    assert.equal(identity.credentials()?.serial, "s2");
    identity.close();
  });

  it("does not send a refused token again, but asks for another", async () => {
    const { clock, asked, events, controller, identity } = setup();
    controller.answer = refuse(true);
    identity.start();
    await settle();
    clock.advance(3_000);
    await settle();
    assert.deepEqual(asked, ["first"]);
    assert.deepEqual(events, ["need-token"]);
    identity.close();
  });

  it("asks for a token when its leaf is refused, and serves on with that leaf meanwhile", async () => {
    const { clock, asked, events, controller, identity } = setup();
    identity.start();
    await settle();
    const good = controller.answer;
    controller.answer = refuse(true);
    clock.advance(LIFE / 2);
    await settle();
    clock.advance(3_000);
    await settle();
    assert.equal(events.filter((event) => event === "need-token").length, 1);
    assert.equal(identity.credentials()?.serial, "s1");
    identity.giveToken("second");
    controller.answer = good;
    clock.advance(3_000);
    await settle();
    assert.equal(asked.at(-1), "second");
    assert.equal(identity.credentials()?.serial, "s2");
    identity.close();
  });

  it("sends a token again when the controller was away", async () => {
    const { clock, asked, controller, identity } = setup();
    controller.answer = refuse(false);
    identity.start();
    await settle();
    clock.advance(3_000);
    await settle();
    assert.deepEqual(asked.slice(0, 2), ["first", "first"]);
    identity.close();
  });

  it("renews at once when told that its leaf is too old, once", async () => {
    const { clock, asked, identity } = setup();
    identity.start();
    await settle();
    clock.advance(1_000);
    identity.renewIfIssuedBefore(clock.nowMs());
    await settle();
    identity.renewIfIssuedBefore(clock.nowMs());
    await settle();
    assert.deepEqual(asked, ["first", "chain s1"]);
    identity.close();
  });

  it("goes on with a saved leaf without asking anybody, and renews that in its time", async () => {
    const { clock, asked, identity } = setup({ credentials: leaf("saved", START - 20_000), joinToken: "" });
    identity.start();
    await settle();
    assert.deepEqual(asked, []);
    assert.equal(identity.credentials()?.serial, "saved");
    clock.advance(30_000);
    await settle();
    assert.deepEqual(asked, ["chain saved"]);
    identity.close();
  });

  it("asks for a token when it has neither leaf nor token", () => {
    const { events, identity } = setup({ joinToken: "" });
    identity.start();
    assert.deepEqual(events, ["need-token"]);
    identity.close();
  });

  it("survives lives longer than a timer can be", async () => {
    const { clock, asked, controller, identity } = setup();
    controller.answer = () => ({ ok: true, credentials: leaf("long", START, START + 100 * 86_400_000), trustBundlePem: "" });
    identity.start();
    await settle();
    clock.advance(49 * 86_400_000);
    await settle();
    assert.equal(asked.length, 1);
    clock.advance(2 * 86_400_000);
    await settle();
    assert.equal(asked.length, 2);
    identity.close();
  });
});
