/** Tokens of service accounts: JWTs (RFC 7519), ES256, shaped as API servers shape them. */
import { createPublicKey } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { SecretStore } from "../../../ca/contract.ts";
import { openSigningKey } from "../../../ca/signing-key.ts";
import type { Clock } from "../../../lib/clock.ts";
import { randomUuid } from "../../../lib/uuid.ts";
import type { Store } from "../store/contract.ts";
import { serviceAccountGroups, serviceAccountName, type Subject } from "./subject.ts";

export const ISSUER = "https://kubernetes.default.svc.cluster.local";
const ALGORITHM = "ES256";
const SECRET = "service-account.key";
const MAX_TOKEN_BYTES = 8_192;
const CLAIM = "kubernetes.io";

export interface NamedObject {
  readonly name: string;
  readonly uid: string;
}

/** What a token is for. */
export interface TokenOrder {
  readonly namespace: string;
  readonly serviceAccount: NamedObject;
  /** The token ends with this object. */
  readonly bound?: NamedObject & { readonly kind: "Pod" | "Secret" | "Node" };
  readonly audiences: readonly string[];
  readonly lifeSeconds: number;
}

export interface AccountTokens {
  issue(order: TokenOrder): Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  /** Who shows it, when it is good for one of `audiences` and all it was made for is still there; else why not. */
  verify(token: string, audiences: readonly string[]): Promise<VerifiedToken | { readonly problem: string }>;
}

export interface VerifiedToken {
  readonly subject: Subject;
  /** Those of the asked audiences that the token is for. */
  readonly audiences: readonly string[];
}

/** The signing key comes from `secrets` and is made there the first time. */
export async function openAccountTokens(secrets: SecretStore, store: Store, clock: Clock): Promise<AccountTokens> {
  const key = await openSigningKey(secrets, SECRET, "tokens of service accounts");
  const publicKey = createPublicKey(key);
  return {
    async issue({ namespace, serviceAccount, bound, audiences, lifeSeconds }) {
      const nowSeconds = Math.floor(clock.nowMs() / 1000);
      const claim = {
        namespace,
        serviceaccount: { name: serviceAccount.name, uid: serviceAccount.uid },
        ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
      };
      const token = await new SignJWT({ [CLAIM]: claim })
        .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
        .setIssuer(ISSUER)
        .setAudience([...audiences])
        .setSubject(serviceAccountName(namespace, serviceAccount.name))
        .setJti(randomUuid())
        .setIssuedAt(nowSeconds)
        .setNotBefore(nowSeconds)
        .setExpirationTime(nowSeconds + lifeSeconds)
        .sign(key);
      return { token, expiresAtMs: (nowSeconds + lifeSeconds) * 1000 };
    },
    async verify(token, audiences) {
      if (token.length > MAX_TOKEN_BYTES) return { problem: "the token is too long" };
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: [...audiences],
          currentDate: new Date(clock.nowMs()),
          requiredClaims: ["sub", "exp", "iat", "jti", CLAIM],
        });
        return readClaims(store, payload, audiences);
      } catch (error) {
        if (error instanceof errors.JOSEError) return { problem: problemOf(error) };
        throw error;
      }
    },
  };
}

interface Claims {
  readonly namespace: string;
  readonly serviceaccount: NamedObject;
  readonly pod?: NamedObject;
  readonly secret?: NamedObject;
  readonly node?: NamedObject;
}

/** We signed it, so its shape is ours; what it names may be gone. */
function readClaims(store: Store, payload: JWTPayload, audiences: readonly string[]): VerifiedToken | { problem: string } {
  const { namespace, serviceaccount, pod, secret, node } = payload[CLAIM] as Claims;
  const places: [string, string, NamedObject | undefined][] = [
    ["/serviceaccounts", `${namespace}/${serviceaccount.name}`, serviceaccount],
    ["/pods", `${namespace}/${pod?.name}`, pod],
    ["/secrets", `${namespace}/${secret?.name}`, secret],
    ["/nodes", String(node?.name), node],
  ];
  for (const [bucket, key, bound] of places) {
    if (bound !== undefined && store.get(bucket, key)?.object.metadata.uid !== bound.uid) {
      return { problem: `${bucket.slice(1)} "${bound.name}" of the token is gone` };
    }
  }
  const extra: Record<string, readonly string[]> = { "authentication.kubernetes.io/credential-id": [`JTI=${payload.jti}`] };
  if (pod !== undefined) {
    extra["authentication.kubernetes.io/pod-name"] = [pod.name];
    extra["authentication.kubernetes.io/pod-uid"] = [pod.uid];
  }
  const of = [payload.aud].flat();
  return {
    subject: { username: String(payload.sub), uid: serviceaccount.uid, groups: serviceAccountGroups(namespace), extra },
    audiences: audiences.filter((audience) => of.includes(audience)),
  };
}

function problemOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "service account token has expired";
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") return "token audiences are not among those accepted";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token is not signed by this server";
  return "the token is not one of this server's";
}
