import { isDeepStrictEqual } from "node:util";
import type { ApiContext } from "../context.ts";
import { timestamp } from "../context.ts";
import { CLIENT_NAME, type FrontProxy } from "./front-proxy.ts";

const NAMESPACE = "kube-system";
const NAME = "extension-apiserver-authentication";

/** Writes the ConfigMap from which aggregated servers learn whom to believe about users. */
export async function publishTrust(api: ApiContext, { caPem }: FrontProxy): Promise<void> {
  const data = {
    "requestheader-allowed-names": JSON.stringify([CLIENT_NAME]),
    "requestheader-client-ca-file": caPem,
    "requestheader-extra-headers-prefix": JSON.stringify(["X-Remote-Extra-"]),
    "requestheader-group-headers": JSON.stringify(["X-Remote-Group"]),
    "requestheader-uid-headers": JSON.stringify(["X-Remote-Uid"]),
    "requestheader-username-headers": JSON.stringify(["X-Remote-User"]),
  };
  await api.store.write((transaction) => {
    const key = `${NAMESPACE}/${NAME}`;
    const stored = transaction.get("/configmaps", key)?.object;
    if (stored !== undefined && isDeepStrictEqual(stored.data, data)) return;
    const metadata = stored?.metadata ?? {
      name: NAME,
      namespace: NAMESPACE,
      uid: api.uuid(),
      generation: 1,
      creationTimestamp: timestamp(api.clock),
    };
    transaction.put("/configmaps", key, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
  });
}
