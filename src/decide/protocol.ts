import { MtlsMode, Protocol } from "../messages/gen/meshctl/discovery/v1/discovery.ts";

/** Nothing said means look at the bytes. Throws for a protocol of a newer controller: guessing could send it in the clear. */
export function readProtocol(protocol: Protocol): Protocol {
  if (protocol === Protocol.UNSPECIFIED) return Protocol.DETECT;
  if (protocol >= Protocol.HTTP && protocol <= Protocol.DETECT) return protocol;
  throw new Error(`protocol ${protocol} is not known to this proxy`);
}

/** Nothing said means strict. Throws for an unknown mode. */
export function readMtlsMode(mode: MtlsMode): MtlsMode {
  if (mode === MtlsMode.UNSPECIFIED) return MtlsMode.STRICT;
  if (mode >= MtlsMode.STRICT && mode <= MtlsMode.DISABLE) return mode;
  throw new Error(`mTLS mode ${mode} is not known to this proxy`);
}
