import { createSecureContext } from "node:tls";
import type { ClientNode, ClientTls } from "../../discovery/client/contract.ts";
import { VERSION } from "../../lib/version.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";
import { ALPN } from "../../messages/names.ts";
import type { OwnIdentity } from "./own-identity.ts";

/** How this proxy, or its part of one, introduces itself to the controller. */
export function discoveryNode({ instance, namespace, workload, worker }: Bootstrap): ClientNode {
  return {
    id: instance,
    ...(worker === undefined ? {} : { part: `${worker.index}/${worker.of}` }),
    cluster: `${namespace}/${workload}`,
    version: VERSION,
    features: [ALPN.H2, ALPN.H1, ALPN.TCP],
  };
}

/** The present leaf and roots for one connection; null without a leaf. */
export function discoveryTls({ identity, verifyController }: OwnIdentity): ClientTls | null {
  const own = identity.credentials();
  if (own === null) return null;
  const secureContext = createSecureContext({
    key: own.keyPem,
    cert: own.chainPem,
    ca: [...identity.trust().rootsPem],
    minVersion: "TLSv1.3",
  });
  return { secureContext, verifyServer: verifyController };
}
