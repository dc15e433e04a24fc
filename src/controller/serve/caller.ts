import { createHash, timingSafeEqual } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Caller } from "../http.ts";

/** A verified mesh certificate, or why the one presented does not count. */
export type VerifyWorkload = (socket: TLSSocket) => { identity: string; serial: string; leafDer: Buffer } | null;

export interface CallerOptions {
  readonly adminToken: string;
  readonly verifyWorkload: VerifyWorkload;
}

/** Who calls: the admin token counts first, then a client certificate. Neither makes an error by itself. */
export function callerOf(options: CallerOptions, socket: TLSSocket, bearer: string | null): Caller {
  if (bearer !== null && sameSecret(bearer, options.adminToken)) return { kind: "admin", user: "admin", groups: ["system:masters"] };
  const workload = options.verifyWorkload(socket);
  return workload === null ? { kind: "anonymous" } : { kind: "workload", ...workload };
}

/** Comparison whose time tells nothing about where two secrets differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
