import type { SecureContextOptions } from "node:tls";

/** What a client of a proxy's TLS port needs: PEM texts. */
export type ClientTls = Required<Pick<SecureContextOptions, "key" | "cert" | "ca">>;

/** Flags for the process of the caller's side (`web`) or the called one's (`api`), for pairs of ours. */
export type NodeFlags = (workload: string) => readonly string[];

/** Two proxies of one make, with mutual TLS between them. */
export interface RunningPair {
  /** CPU is counted over all of them and their children: first the one callers reach, then the one before the backend. */
  readonly pids: readonly number[];
  /** Where callers connect, in plaintext. */
  readonly port: number;
  /** Where the first proxy reaches the second. */
  readonly between: { readonly port: number; readonly tls: ClientTls };
  configuration(): Promise<Configuration>;
  stop(): Promise<void>;
}

/** What a pair is set to. */
export interface Configuration {
  readonly lines: readonly string[];
  /** Features a fair comparison needs and this pair does not have on: no ratio is worth anything. */
  readonly off: readonly string[];
}

export interface PairPeer {
  readonly name: string;
  /** Version, or null when the machine has none. */
  version(): string | null;
  /** In front of a plaintext backend on 127.0.0.1:`backendPort`, on core `core`. `folder` is its own. */
  start(folder: string, backendPort: number, core: number): Promise<RunningPair>;
}

export function fixed(...lines: readonly string[]): () => Promise<Configuration> {
  return async () => ({ lines, off: [] });
}
