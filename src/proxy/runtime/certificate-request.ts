import { request as httpsRequest } from "node:https";
import type { PeerCertificate, SecureContextOptions } from "node:tls";
import { messageOf } from "../../lib/errors.ts";

/** Where and as whom to ask for a certificate. */
export interface CertificateCall {
  /** `host:port` of the controller's HTTPS. */
  readonly server: string;
  readonly path: string;
  readonly rootsPem: readonly string[];
  verifyServer(certificate: PeerCertificate): Error | undefined;
  /** The current leaf for a renewal, or a join token. */
  readonly proof: { readonly token: string } | { readonly key: string; readonly cert: string };
  readonly body: string;
  readonly timeoutMs: number;
}

/** Body of an answer, or why there is none. `refused`: the controller judged the request and will judge it so again. */
export type CertificateAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly refused: boolean; readonly message: string };

const MAX_ANSWER_BYTES = 256 * 1024;

/** One POST on a connection of its own; never rejects. */
export function callController(call: CertificateCall): Promise<CertificateAnswer> {
  return new Promise((resolve) => {
    const tls: SecureContextOptions = "token" in call.proof ? {} : { key: call.proof.key, cert: call.proof.cert };
    const { host, port } = splitAddress(call.server);
    const request = httpsRequest({
      host,
      port,
      path: call.path,
      method: "POST",
      agent: false,
      ...tls,
      ca: [...call.rootsPem],
      servername: "",
      checkServerIdentity: (_name, certificate) => call.verifyServer(certificate),
      timeout: call.timeoutMs,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(call.body),
        ...("token" in call.proof ? { authorization: `Bearer ${call.proof.token}` } : {}),
      },
    });
    const fail = (message: string): void => resolve({ ok: false, refused: false, message });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${call.timeoutMs} ms`)));
    request.on("error", (error) => fail(messageOf(error)));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) request.destroy(new Error("the answer is too large"));
      });
      response.on("error", (error) => fail(messageOf(error)));
      response.on("end", () => resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"))));
    });
    request.end(call.body);
  });
}

function readAnswer(status: number, text: string): CertificateAnswer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { ok: false, refused: false, message: `the controller answered ${status} with something other than JSON` };
  }
  if (status >= 200 && status < 300) return { ok: true, body };
  const message = typeof body === "object" && body !== null && "message" in body ? String(body.message) : `status ${status}`;
  return { ok: false, refused: status === 401 || status === 403 || status === 400 || status === 422, message };
}

function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
}
