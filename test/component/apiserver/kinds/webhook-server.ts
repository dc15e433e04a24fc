import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "../../../support/self-signed.ts";

/** What a webhook answers to an AdmissionReview request; undefined: it hangs. */
export type Answer = (request: any) => Record<string, unknown> | undefined;

export interface WebhookServer {
  readonly port: number;
  readonly url: string;
  readonly caBundle: string;
  /** Requests heard, oldest first. */
  readonly heard: any[];
  close(): Promise<void>;
}

/** A real HTTPS server that answers admission reviews, with a path for each answer. */
export async function startWebhooks(answers: Readonly<Record<string, Answer>>): Promise<WebhookServer> {
  const { certPem, keyPem } = selfSigned();
  const heard: any[] = [];
  const server = createServer({ cert: certPem, key: keyPem }, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString());
      const path = (incoming.url ?? "").split("?")[0] ?? "";
      heard.push({ path, ...request });
      const answer = answers[path]?.(request);
      if (answer === undefined) return;
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          apiVersion: "admission.k8s.io/v1",
          kind: "AdmissionReview",
          response: { uid: request.uid, allowed: true, ...answer },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(certPem).toString("base64"),
    heard,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function patchOf(operations: readonly object[]): Record<string, unknown> {
  return { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(operations)).toString("base64") };
}
