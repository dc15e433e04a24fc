/**
 * Join tokens: how a sidecar of this machine proves who it is until it has a certificate. A JWT (RFC 7519), ES256,
 * for one identity and one instance, good for ten minutes. Its own instance may show it again in that time (a
 * sidecar that crashed and came back); a token is no secret worth stealing for anybody else's name.
 */
import { createPublicKey } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../lib/clock.ts";
import { secureBytes } from "../lib/secure-random.ts";
import { type Refusal, refuse, type SecretStore } from "./contract.ts";
import { openSigningKey } from "./signing-key.ts";

const JOIN_TOKEN_LIFE_MS = 600_000;
const AUDIENCE = "meshctl.dev";
const ALGORITHM = "ES256";
const SECRET = "join-token.key";
const MAX_TOKEN_BYTES = 4_096;

/** What a token proves. */
export interface JoinProof {
  readonly ok: true;
  /** SPIFFE id. */
  readonly identity: string;
  /** `namespace/instance`. */
  readonly instance: string;
}

export interface JoinTokens {
  create(identity: string, instance: string): Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  verify(token: string): Promise<JoinProof | Refusal>;
}

export interface JoinTokenOptions {
  readonly secrets: SecretStore;
  readonly trustDomain: string;
  readonly clock: Clock;
}

/** The signing key comes from the store and is made there the first time. */
export async function openJoinTokens({ secrets, trustDomain, clock }: JoinTokenOptions): Promise<JoinTokens> {
  const key = await openSigningKey(secrets, SECRET, "join tokens given out in the last ten minutes");
  const publicKey = createPublicKey(key);
  const issuer = `spiffe://${trustDomain}`;
  return {
    async create(identity, instance) {
      const nowSeconds = Math.floor(clock.nowMs() / 1000);
      const expiresAt = nowSeconds + JOIN_TOKEN_LIFE_MS / 1000;
      const token = await new SignJWT({ instance })
        .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(AUDIENCE)
        .setSubject(identity)
        .setJti(secureBytes(16).toString("base64url"))
        .setIssuedAt(nowSeconds)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAtMs: expiresAt * 1000 };
    },
    async verify(token) {
      if (token.length > MAX_TOKEN_BYTES) return refuse("token-malformed", `the token is over ${MAX_TOKEN_BYTES} bytes`);
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
          audience: AUDIENCE,
          issuer,
          currentDate: new Date(clock.nowMs()),
          maxTokenAge: JOIN_TOKEN_LIFE_MS / 1000,
          requiredClaims: ["sub", "exp", "iat", "jti"],
        });
        const { sub, instance } = payload;
        if (sub === undefined || typeof instance !== "string") return refuse("token-malformed", "the token names no instance");
        return { ok: true, identity: sub, instance };
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired) return refuse("token-expired", "the token's time is over");
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
    return refuse("token-audience", "the token is for another audience");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuse("token-signature", "the token is not signed by this mesh");
  if (error instanceof errors.JOSEError) return refuse("token-malformed", "the token is not one of this mesh's join tokens");
  throw error;
}
