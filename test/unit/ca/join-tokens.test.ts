import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import { decodeJwt, SignJWT } from "jose";
import { openJoinTokens } from "../../../src/ca/join-tokens.ts";
import { PausedClock } from "../../support/paused-clock.ts";
import { memorySecrets, NOW, WEB } from "./memory.ts";

async function open() {
  const clock = new PausedClock(NOW);
  const secrets = memorySecrets();
  const tokens = await openJoinTokens({ secrets, trustDomain: "cluster.local", clock });
  const codeOf = async (token: string) => {
    const proof = await tokens.verify(token);
    return proof.ok ? "accepted" : proof.code;
  };
  const key = createPrivateKey(secrets.values.get("join-token.key") ?? "");
  return { clock, secrets, tokens, codeOf, key };
}

/** A token of the right form, to be spoilt. */
function forged(claims: Record<string, unknown> = {}, alg = "ES256"): SignJWT {
  const seconds = NOW / 1000;
  return new SignJWT({
    iss: "spiffe://cluster.local",
    aud: "meshctl.dev",
    sub: WEB,
    instance: "default/web-1",
    jti: "x",
    iat: seconds,
    exp: seconds + 600,
    ...claims,
  }).setProtectedHeader({ alg });
}

test("a token proves one identity and one instance for ten minutes, also to a controller that was restarted", async () => {
  const { tokens, clock, secrets } = await open();
  const { token, expiresAtMs } = await tokens.create(WEB, "default/web-1");
  assert.equal(expiresAtMs, NOW + 600_000);
  assert.deepEqual(await tokens.verify(token), { ok: true, identity: WEB, instance: "default/web-1" });
  const reopened = await openJoinTokens({ secrets, trustDomain: "cluster.local", clock });
  clock.advance(599_000);
  assert.equal((await reopened.verify(token)).ok, true);
});

test("two tokens for the same instance differ", async () => {
  const { tokens } = await open();
  const [a, b] = [await tokens.create(WEB, "default/web-1"), await tokens.create(WEB, "default/web-1")];
  assert.notEqual(decodeJwt(a.token).jti, decodeJwt(b.token).jti);
});

test("expired, foreign and twisted tokens are refused", async () => {
  const { tokens, codeOf, clock, key } = await open();
  const { token } = await tokens.create(WEB, "default/web-1");
  const seconds = NOW / 1000;
  const [head = "", body = "", signature = ""] = token.split(".");
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  const other = await openJoinTokens({ secrets: memorySecrets(), trustDomain: "cluster.local", clock });
  const secret = new TextEncoder().encode("secret-secret-secret-secret-secret");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  const renamed = Buffer.from(JSON.stringify({ ...claims, sub: `${WEB}-2` })).toString("base64url");
  const cases: [title: string, token: string, code: string][] = [
    ["the model for these", await forged().sign(key), "accepted"],
    ["another audience", await forged({ aud: "kubernetes" }).sign(key), "token-audience"],
    ["no audience", await forged({ aud: undefined }).sign(key), "token-audience"],
    ["its time over", await forged({ iat: seconds - 700, exp: seconds - 100 }).sign(key), "token-expired"],
    ["no end", await forged({ exp: undefined }).sign(key), "token-malformed"],
    ["an end in a year, made long ago", await forged({ iat: seconds - 3600, exp: seconds + 1e7 }).sign(key), "token-expired"],
    ["made in the future", await forged({ iat: seconds + 600, exp: seconds + 1200 }).sign(key), "token-malformed"],
    ["another trust domain", await forged({ iss: "spiffe://other.example" }).sign(key), "token-malformed"],
    ["no identity", await forged({ sub: undefined }).sign(key), "token-malformed"],
    ["no instance", await forged({ instance: undefined }).sign(key), "token-malformed"],
    ["an instance that is no text", await forged({ instance: ["a"] }).sign(key), "token-malformed"],
    ["a foreign key", (await other.create(WEB, "default/web-1")).token, "token-signature"],
    ["alg none", `${none}.${body}.`, "token-malformed"],
    ["alg HS256", await forged({}, "HS256").sign(secret), "token-malformed"],
    ["another name under the same signature", `${head}.${renamed}.${signature}`, "token-signature"],
    ["garbage", "garbage", "token-malformed"],
    ["nothing", "", "token-malformed"],
    ["oversize", `${head}.${"A".repeat(5000)}.${signature}`, "token-malformed"],
  ];
  for (const [title, bad, code] of cases) assert.equal(await codeOf(bad), code, title);
  clock.advance(600_000);
  assert.equal(await codeOf(token), "token-expired");
});

test("a damaged signing key is said, not replaced", async () => {
  const secrets = memorySecrets();
  await secrets.write("join-token.key", Buffer.from("nonsense"));
  await assert.rejects(openJoinTokens({ secrets, trustDomain: "cluster.local", clock: new PausedClock(NOW) }), /is not a key/);
});
