import { createKubeClient } from "../kube/client.ts";
import type { KubeClient } from "../kube/contract.ts";
import type { HomeLayout } from "../home/layout.ts";
import { presentServer, type Target } from "./target.ts";
import { traced } from "./traced-client.ts";

/** A client of the controller at `target`; `trace` gets a line for each request. Nothing is sent yet. */
export function connect(home: HomeLayout, target: Target, trace: ((line: string) => void) | null): KubeClient {
  const isLocal = target.context.platform === "local";
  const client = createKubeClient({
    server: () => presentServer(home, target),
    caPem: target.ca,
    token: target.token,
    unreachableHint: isLocal ? "`meshctl local status` says whether the controller runs; `meshctl local start` starts it." : undefined,
  });
  return trace === null ? client : traced(client, trace);
}
