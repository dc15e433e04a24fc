import type { RedirectBackend } from "./backend.ts";
import { iptables } from "./iptables.ts";
import { nftables } from "./nftables.ts";

/** By name; the first is the default. */
export const REDIRECT_BACKENDS: readonly RedirectBackend[] = Object.freeze([nftables, iptables]);
