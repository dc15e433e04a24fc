import type { KindDescriptor } from "../../model/kind.ts";

/** `httproute.gateway.networking.k8s.io/api-split`, as kubectl names an object; the core group has no suffix. */
export function objectName(kind: KindDescriptor, name: string): string {
  return `${kindName(kind)}/${name}`;
}

/** `httproute.gateway.networking.k8s.io`. */
export function kindName(kind: KindDescriptor): string {
  return kind.group === "" ? kind.singular : `${kind.singular}.${kind.group}`;
}
