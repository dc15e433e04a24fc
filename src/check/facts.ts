import type { CaStatus, ProxyStatus, ServerVersion, StatRow } from "../api/contract.ts";
import type { MeshContext } from "../home/contexts.ts";
import { readControllerRecord } from "../home/controller-file.ts";
import { inspectHome } from "../home/inspect.ts";
import type { HomeLayout } from "../home/layout.ts";
import type { Workload } from "../model/kinds/workload.ts";
import type { KubeObject } from "../model/object.ts";
import type { CheckFacts } from "./contract.ts";

/** Where the facts come from in real life. */
export interface FactSources {
  readonly nowMs: number;
  readonly nodeVersion: string;
  readonly clientVersion: string;
  readonly home: HomeLayout;
  readonly uid: number | undefined;
  context(): MeshContext;
  reach(): Promise<void>;
  serverVersion(): Promise<ServerVersion>;
  ca(): Promise<CaStatus>;
  proxies(): Promise<readonly ProxyStatus[]>;
  workloads(): Promise<readonly Workload[]>;
  services(): Promise<readonly StatRow[]>;
  policies(): Promise<readonly KubeObject[]>;
  /** Whether a process of that id lives. */
  isAlive(pid: number): boolean;
}

/** Facts of one round: each question goes out once, whatever number of checks ask it. */
export function collectFacts(sources: FactSources): CheckFacts {
  return {
    nowMs: sources.nowMs,
    nodeVersion: sources.nodeVersion,
    clientVersion: sources.clientVersion,
    stateDirectory: sources.home.root,
    homeProblems: () => inspectHome(sources.home, sources.uid),
    context: () => sources.context(),
    controllerProcess() {
      const record = readControllerRecord(sources.home);
      return { record, alive: record !== null && sources.isAlive(record.pid) };
    },
    reach: once(() => sources.reach()),
    serverVersion: once(() => sources.serverVersion()),
    ca: once(() => sources.ca()),
    proxies: once(() => sources.proxies()),
    workloads: once(() => sources.workloads()),
    services: once(() => sources.services()),
    policies: once(() => sources.policies()),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask());
}
