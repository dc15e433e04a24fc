import { request as httpsRequest } from "node:https";
import type { Clock } from "../../lib/clock.ts";

export interface HttpsCall {
  readonly url: URL;
  /** Where to connect when it is not where the URL says; the certificate must still be the URL's. */
  readonly connect?: { readonly host: string; readonly port: number };
  /** PEM; absent: the roots of this machine. */
  readonly ca?: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** POSTs JSON and resolves with the answer's status and text. Rejects when the peer is not who it must be, is slow, or says too much. */
export function postJson(call: HttpsCall, clock: Clock): Promise<{ readonly status: number; readonly text: string }> {
  const { url, connect, ca, body, timeoutMs, maxAnswerBytes } = call;
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        method: "POST",
        host: connect?.host ?? hostname,
        port: connect?.port ?? (url.port === "" ? 443 : Number(url.port)),
        path: `${url.pathname}${url.search}`,
        // The name the certificate must have, wherever the connection goes.
        servername: /^[\d.]+$|:/.test(hostname) ? "" : hostname,
        ...(ca === undefined ? {} : { ca }),
        agent: false,
        headers: {
          host: url.host,
          "content-type": "application/json",
          accept: "application/json",
          "content-length": Buffer.byteLength(body),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes) response.destroy(new Error(`the answer is over ${maxAnswerBytes} bytes`));
          else chunks.push(chunk);
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
        response.on("error", reject);
      },
    );
    const timer = clock.setTimer(() => outgoing.destroy(new Error("context deadline exceeded")), timeoutMs, { unref: true });
    outgoing.on("error", reject);
    outgoing.on("close", () => timer.cancel());
    outgoing.end(body);
  });
}
