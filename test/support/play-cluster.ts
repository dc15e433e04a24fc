import { kindRef } from "../../src/install/kind-refs.ts";
import type { KubeClient } from "../../src/kube/contract.ts";
import type { KubeObject } from "../../src/model/object.ts";

/** What a cluster does by itself, as far as installing looks: Deployments get pods, and registrations their roots. */
export interface PlayedCluster {
  /** What becomes of the controller's pods. */
  pods: "ready" | "broken";
  stop(): Promise<void>;
}

const EVERY_MS = 50;

/** Plays Deployment controller, kubelet and mesh controller until stopped. */
export function playCluster(client: KubeClient): PlayedCluster {
  let stopped = false;
  const played: PlayedCluster = {
    pods: "ready",
    async stop() {
      stopped = true;
      await running;
    },
  };
  async function loop(): Promise<void> {
    while (!stopped) {
      await playOnce(client, played.pods).catch((error: unknown) => {
        // Something has changed or gone in the meantime: the next round sees it.
        if (!(error instanceof Error)) throw error;
      });
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
  const running = loop();
  return played;
}

async function playOnce(client: KubeClient, pods: PlayedCluster["pods"]): Promise<void> {
  for (const deployment of (await client.list(kindRef("Deployment"))).items) await runDeployment(client, deployment, pods);
  for (const kind of ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]) {
    for (const configuration of (await client.list(kindRef(kind))).items) await giveRoot(client, kind, configuration);
  }
}

async function runDeployment(client: KubeClient, deployment: KubeObject, pods: PlayedCluster["pods"]): Promise<void> {
  const { name, namespace = "", generation = 1 } = deployment.metadata;
  const { replicas = 1, template } = deployment.spec as { replicas?: number; template: { metadata: { labels: Record<string, string> } } };
  const status = {
    observedGeneration: generation,
    replicas,
    updatedReplicas: replicas,
    ...(pods === "ready" ? { availableReplicas: replicas, readyReplicas: replicas } : {}),
  };
  const podStatus =
    pods === "ready"
      ? { phase: "Running", conditions: [{ type: "Ready", status: "True" }] }
      : {
          phase: "Pending",
          containerStatuses: [
            { name: "controller", ready: false, state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
          ],
        };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${name}-0`, namespace, labels: template.metadata.labels },
    spec: { containers: [] },
  };
  const known = (await client.list(kindRef("Pod"), { namespace })).items.find((object) => object.metadata.name === pod.metadata.name);
  const live = known ?? (await client.create(kindRef("Pod"), pod as KubeObject));
  if (JSON.stringify(live.status) !== JSON.stringify(podStatus)) await client.updateStatus(kindRef("Pod"), { ...live, status: podStatus });
  if (JSON.stringify(deployment.status) !== JSON.stringify(status))
    await client.updateStatus(kindRef("Deployment"), { ...deployment, status });
}

async function giveRoot(client: KubeClient, kind: string, configuration: KubeObject): Promise<void> {
  const webhooks = configuration.webhooks as { clientConfig: { caBundle?: string } }[];
  if (webhooks.every(({ clientConfig }) => clientConfig.caBundle)) return;
  const rooted = webhooks.map((webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle: "cm9vdA==" } }));
  await client.update(kindRef(kind), { ...configuration, webhooks: rooted } as KubeObject);
}
