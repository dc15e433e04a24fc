import type { Compiler } from "../../compile/compiler.ts";
import { identityOf } from "../../compile/endpoints.ts";
import { compileProxyConfig, compileTrust, type TrustState } from "../../compile/proxy-config.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { ResourceSource, Subscriber } from "../../discovery/server/contract.ts";
import type { EncodedResource } from "../../discovery/resource.ts";
import { TYPE_URL } from "../../messages/names.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import type { ProxySettings } from "./settings.ts";

export interface SnapshotOptions {
  readonly compiler: Compiler;
  readonly store: MeshStore;
  readonly settings: ProxySettings;
  readonly trustDomain: string;
  /** Called at each lookup: cheap, and always the present roots. */
  trust(): TrustState;
}

/** What one subscriber may see: everything by name, but of instances only its own. */
export function createSnapshotSource(options: SnapshotOptions): ResourceSource {
  let trust: { readonly state: TrustState; readonly resource: EncodedResource } | null = null;

  function ownsInstance(name: string, subscriber: Subscriber): boolean {
    if (name !== subscriber.id) return false;
    const workload = options.store.get<Workload>("Workload", name);
    return workload === undefined || identityOf(options.trustDomain, workload) === subscriber.peer.identity;
  }

  return {
    lookup(typeUrl, name, subscriber) {
      switch (typeUrl) {
        case TYPE_URL.TRUST: {
          const state = options.trust();
          if (name !== state.trustDomain) return null;
          if (trust?.state !== state) trust = { state, resource: compileTrust(state) };
          return trust.resource;
        }
        case TYPE_URL.PROXY_CONFIG:
          return ownsInstance(name, subscriber) ? compileProxyConfig(name, options.settings.of(name), options.store) : null;
        case TYPE_URL.INBOUND:
          if (!ownsInstance(name, subscriber)) return null;
      }
      return options.compiler.lookup(typeUrl, name, { id: subscriber.id, namespace: namespaceOf(subscriber.id) });
    },
  };
}

/** Namespace part of an instance id. */
export function namespaceOf(instance: string): string {
  return instance.split("/", 1)[0] ?? "";
}
