import type { KubeObject } from "../../model/object.ts";
import { LAST_APPLIED } from "../apply/last-applied.ts";

/** The part of an object that a person keeps in a file: none of what the server, or a tool for itself, writes into it. */
export function asManifest(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, spec } = object;
  const { name, namespace, labels, annotations } = metadata;
  const own = Object.entries(annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
      ...(own.length === 0 ? {} : { annotations: Object.fromEntries(own) }),
    },
    ...(spec === undefined ? {} : { spec }),
  };
}
