import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { isIP } from "node:net";
import { messageOf } from "../../lib/errors.ts";
import type { AppCheck } from "../../messages/app-probes.ts";
import { type CheckOutcome, failed, MAX_TEXT } from "./outcome.ts";

type HttpCheck = Extract<AppCheck, { kind: "http" }>;

/** As many as the kubelet follows. */
const MAX_REDIRECTS = 10;

/**
 * GET as the kubelet does it: a certificate is not checked, 200 to 399 is success, a redirect is followed. One that leads
 * to another host or port is an answer like any other and is not followed: this runs inside the pod, for whoever asks.
 * `signal` ends it.
 */
export async function checkHttp(check: HttpCheck, host: string, userAgent: string, signal: AbortSignal): Promise<CheckOutcome> {
  let path = escapePath(check.path);
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(check, host, path, userAgent, signal);
    const next = answer.location === null ? null : samePlace(check, host, path, answer.location);
    if (next === null) return { status: answer.status, text: answer.text };
    if (redirects === MAX_REDIRECTS) return failed(`more than ${MAX_REDIRECTS} redirects`);
    path = next;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
}

function ask(check: HttpCheck, host: string, path: string, userAgent: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const named = check.headers.find(([name]) => name.toLowerCase() === "host")?.[1].replace(/:[0-9]+$/, "") ?? "";
    let request: ClientRequest;
    try {
      request = (check.tls ? requestTls : requestPlain)({
        host,
        port: check.port,
        path,
        headers: headersOf(check, userAgent),
        agent: false,
        signal,
        ...(check.tls ? { rejectUnauthorized: false, ...(named !== "" && isIP(named) === 0 ? { servername: named } : {}) } : {}),
      });
    } catch (error) {
      // A header or path that no HTTP client sends.
      resolve({ ...failed(messageOf(error)), location: null });
      return;
    }
    request.once("error", reject);
    request.once("response", (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 503, text, location: locationOf(response) }), reject);
    });
    request.end();
  });
}

/** Several lines of one name stay several. */
function headersOf({ headers }: HttpCheck, userAgent: string): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = { "user-agent": userAgent, accept: "*/*", connection: "close" };
  const own = new Map<string, string[]>();
  for (const [name, value] of headers) own.set(name.toLowerCase(), [...(own.get(name.toLowerCase()) ?? []), value]);
  for (const [name, values] of own) sent[name] = values.length === 1 ? (values[0] ?? "") : values;
  return sent;
}

/** The first {@link MAX_TEXT} bytes; the rest is not waited for. */
async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_TEXT) break;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, MAX_TEXT).toString("utf8");
}

function locationOf({ statusCode = 0, headers }: IncomingMessage): string | null {
  return [301, 302, 303, 307, 308].includes(statusCode) ? (headers.location ?? null) : null;
}

/** Path of a redirect that stays where the check asks; null for every other one. */
function samePlace({ port, tls }: HttpCheck, host: string, path: string, location: string): string | null {
  const base = `${tls ? "https" : "http"}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  try {
    const here = new URL(base);
    const target = new URL(location, `${base}${path}`);
    return target.protocol === here.protocol && target.host === here.host ? `${target.pathname}${target.search}` : null;
  } catch {
    return null;
  }
}

/** Percent signs that begin an escape are left alone, all else that no request line may hold is escaped. */
function escapePath(path: string): string {
  return encodeURI(path.replace(/[\ud800-\udfff]/gu, "\ufffd")).replace(/%25([0-9a-f]{2})/gi, "%$1");
}
