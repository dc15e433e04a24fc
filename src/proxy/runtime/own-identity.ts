import { workloadSpiffeId } from "../../identity/spiffe-id.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";
import type { Logger } from "../../telemetry/log.ts";
import { createPeerCheck, type PeerCheck } from "../tls/peer.ts";
import { createControllerCheck } from "./controller-check.ts";
import { ProxyIdentity } from "./identity.ts";
import { issueLeaf } from "./issue.ts";
import { formatIdentity, parseIdentity } from "./saved-identity.ts";
import { SAVED, type SavedState } from "./saved-state.ts";
import { bootstrapTrust } from "./trust.ts";

export interface OwnIdentityOptions {
  readonly bootstrap: Bootstrap;
  readonly saved: SavedState;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  needToken(): void;
  /** `host:port` of the controller's HTTPS, now. */
  controllerHttps(): string;
}

/** Who this proxy is, and how it judges others. */
export interface OwnIdentity {
  readonly identity: ProxyIdentity;
  readonly check: PeerCheck;
  readonly verifyController: ReturnType<typeof createControllerCheck>;
}

/** Takes up a saved leaf that is still good; else the first one comes with the join token. Throws when the trust bundle cannot be read. */
export function createOwnIdentity(options: OwnIdentityOptions): OwnIdentity {
  const { bootstrap, saved, clock, random, log } = options;
  const { instance, namespace, serviceAccount, trustDomain, joinToken } = bootstrap;
  const spiffeId = workloadSpiffeId(trustDomain, { namespace, serviceAccount });
  const kept = parseIdentity(saved.read(SAVED.IDENTITY), { identity: spiffeId, trustDomain, nowMs: clock.nowMs() });
  const identity: ProxyIdentity = new ProxyIdentity({
    clock,
    random,
    trust: bootstrapTrust(trustDomain, kept?.trustBundlePem ?? bootstrap.trustBundle),
    credentials: kept?.credentials ?? null,
    joinToken,
    needToken: () => options.needToken(),
    log: (level, message) => log[level](message),
    issued: (credentials, trustBundlePem) => saved.write(SAVED.IDENTITY, formatIdentity(credentials, trustBundlePem)),
    issue: (proof) =>
      issueLeaf({
        identity: spiffeId,
        trustDomain,
        instance,
        ttlSeconds: bootstrap.leafTtlSeconds,
        trust: identity.trust(),
        nowMs: clock.nowMs(),
        call: { server: options.controllerHttps(), verifyServer: verifyController, proof },
      }),
  });
  const check = createPeerCheck(identity);
  const verifyController = createControllerCheck(check, trustDomain, clock);
  return { identity, check, verifyController };
}
