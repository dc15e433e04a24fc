import type { VerifiedPeer } from "../../identity/verify-chain.ts";
import type { Credentials } from "./credentials.ts";

/** The dialling side stops first, so that the other never has to close under a request on its way. */
export const DIALLER_MARGIN = 0.1;
export const ACCEPTOR_MARGIN = 0.05;

/** When (Unix milliseconds) no new request may start any more: `margin` of the shorter life before its end. */
export function retireAtMs(own: Credentials, peer: VerifiedPeer, margin: number): number {
  const ownFirst = own.notAfterMs <= peer.notAfterMs;
  const endMs = ownFirst ? own.notAfterMs : peer.notAfterMs;
  const startMs = ownFirst ? own.notBeforeMs : peer.notBeforeMs;
  return endMs - margin * (endMs - startMs);
}
