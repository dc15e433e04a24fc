import { Agent, type Dispatcher } from "undici";
import { messageOf } from "../lib/errors.ts";
import { KubeError, type KubeCause } from "./error.ts";

export interface TransportOptions {
  /** `https://host:port`; asked for at every request where the server may move. */
  readonly server: string | (() => string);
  /** Roots to believe, PEM. Absent: the machine's. */
  readonly caPem?: string;
  /** Bearer token as it stands. */
  readonly token?: string;
  /** Bearer token asked for at every request, for one that is renewed. Wins over `token`. */
  readonly getToken?: () => string | Promise<string>;
  /** Client certificate and key, PEM, instead of or beside a token. */
  readonly certPem?: string;
  readonly keyPem?: string;
  /** Name in the server's certificate, where the address has another. */
  readonly serverName?: string;
  /** Believe any certificate: only because a kubeconfig says so. */
  readonly insecure?: boolean;
  readonly userAgent?: string;
  /** For one whole answer that is not a stream; default 30 s. */
  readonly timeoutMs?: number;
  /** Next step for a person when the server does not answer. */
  readonly unreachableHint?: string;
}

export interface Call {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** A stream has no deadline between its pieces. */
  readonly stream?: boolean;
}

/** Bodies up to here are taken; a server that sends more is not believed. Lists of large meshes are tens of MiB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

const MAX_CALL_CONNECTIONS = 8;

/** HTTPS with pooled connections, a credential, and refusals as {@link KubeError}s. */
export class Transport {
  readonly #options: TransportOptions;
  /** For whole answers: a burst of calls waits for a few connections instead of opening one each. */
  readonly #calls: Agent;
  /** For streams, each of which keeps its connection. */
  readonly #streams: Agent;
  readonly #timeoutMs: number;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    const { caPem: ca, certPem: cert, keyPem: key, serverName: servername, insecure } = options;
    const connect = {
      ca,
      cert,
      key,
      timeout: 10_000,
      ...(servername ? { servername } : {}),
      ...(insecure ? { rejectUnauthorized: false } : {}),
    };
    this.#calls = new Agent({ connect, keepAliveTimeout: 10_000, connections: MAX_CALL_CONNECTIONS });
    this.#streams = new Agent({ connect, keepAliveTimeout: 10_000 });
  }

  get #server(): string {
    const { server } = this.#options;
    return typeof server === "string" ? server : server();
  }

  /** The answer's body as it comes; answers from 400 up are rejected with what their Status says. */
  async open(call: Call): Promise<Dispatcher.ResponseData> {
    const { userAgent = "meshctl" } = this.#options;
    const token = await (this.#options.getToken?.() ?? this.#options.token ?? "");
    let answer: Dispatcher.ResponseData;
    try {
      const asked = (call.stream ? this.#streams : this.#calls).request({
        origin: new URL(this.#server).origin,
        // Some clusters are served under a path of a common address.
        path: `${new URL(this.#server).pathname.replace(/\/$/, "")}${call.path}`,
        method: call.method as Dispatcher.HttpMethod,
        headers: {
          accept: "application/json",
          "user-agent": userAgent,
          ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
          ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: call.signal ?? null,
        headersTimeout: this.#timeoutMs,
        bodyTimeout: call.stream ? 0 : this.#timeoutMs,
      });
      answer = await unlessAborted(asked, call.signal);
    } catch (error) {
      throw this.#noAnswer(error, call.signal);
    }
    if (answer.statusCode < 400) return answer;
    throw await refusalOf(answer);
  }

  /** The whole answer, parsed; undefined when it is empty. */
  async json<T>(call: Call): Promise<T> {
    const answer = await this.open(call);
    const text = await this.#wholeText(answer, call.signal);
    if (text === "") return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new KubeError(0, "Unreachable", `${this.#server} answered something that is not JSON`, { cause: error });
    }
  }

  /** One parsed JSON value for each line of the answer; ends when the server ends it or `signal` aborts. */
  async *lines<T>(call: Call): AsyncGenerator<T, void, undefined> {
    const answer = await this.open({ ...call, stream: true });
    let rest = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of answer.body) {
        const pieces = (rest + decoder.decode(chunk as Buffer, { stream: true })).split("\n");
        rest = pieces.pop() ?? "";
        if (rest.length > MAX_ANSWER_BYTES) throw new Error("a line of the stream does not end");
        for (const piece of pieces) if (piece !== "") yield JSON.parse(piece) as T;
      }
      if (rest.trim() !== "") yield JSON.parse(rest) as T;
    } catch (error) {
      if (call.signal?.aborted) return;
      throw error instanceof KubeError ? error : this.#noAnswer(error, call.signal);
    } finally {
      answer.body.on("error", () => {});
      answer.body.destroy();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#calls.destroy(), this.#streams.destroy()]);
  }

  async #wholeText(answer: Dispatcher.ResponseData, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await textOf(answer);
    } catch (error) {
      throw this.#noAnswer(error, signal);
    }
  }

  #noAnswer(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const stranger = strangerAt(new URL(this.#server).host, error);
    return new KubeError(0, "Unreachable", stranger ?? `${this.#server} cannot be reached: ${networkReason(error)}`, {
      hint: this.#options.unreachableHint,
      cause: error,
    });
  }
}

async function textOf(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A Status where the server sent one, else what the code says. */
async function refusalOf(answer: Dispatcher.ResponseData): Promise<KubeError> {
  const text = await textOf(answer).catch(() => "");
  try {
    return errorOfStatus(JSON.parse(text) as StatusLike, answer.statusCode);
  } catch {
    return new KubeError(
      answer.statusCode,
      "Unknown",
      `the server answered ${answer.statusCode}: ${text.slice(0, 200).trim() || "nothing more"}`,
    );
  }
}

/**
 * undici hears of an abort only once the request has a connection: whoever listens there and never finishes the handshake
 * would hold its caller for as long as connecting may take.
 */
function unlessAborted(asked: Promise<Dispatcher.ResponseData>, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
  if (signal === undefined) return asked;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    asked.then(
      (answer) => {
        signal.removeEventListener("abort", onAbort);
        // Too late for anybody to read it.
        if (signal.aborted) answer.body.on("error", () => {}).destroy();
        resolve(answer);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error as Error);
      },
    );
  });
}

interface StatusLike {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly Partial<KubeCause>[] };
}

/** `meta/v1 Status` as an error. Throws when `status` is nothing of the kind. */
export function errorOfStatus(status: StatusLike, code = status.code ?? 0): KubeError {
  if (typeof status.message !== "string") throw new TypeError("not a Status");
  const causes = (status.details?.causes ?? []).map(({ field = "", message = "", reason = "" }) => ({ field, message, reason }));
  return new KubeError(code, status.reason ?? "Unknown", status.message, { causes });
}

const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
]);
/** OpenSSL's names for a first record that is none of TLS. */
const NOT_TLS: ReadonlySet<string> = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_UNKNOWN_PROTOCOL",
  "ERR_SSL_UNEXPECTED_MESSAGE",
  "EPROTO",
]);

/** Who took the port that was the controller's; null when that is not what is wrong. */
function strangerAt(host: string, error: unknown): string | null {
  const code = (error as { code?: string }).code ?? "";
  if (NOT_TLS.has(code)) return `another program listens at ${host}, it does not speak TLS`;
  return UNKNOWN_ISSUER.has(code) ? `a controller of another mesh answers at ${host}: its certificate is not of this mesh` : null;
}

/** undici says `fetch failed` and `other side closed`; the code of the system call says more. */
function networkReason(error: unknown): string {
  const code = (error as { code?: string }).code ?? "";
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ECONNRESET: "the connection was reset",
    UND_ERR_SOCKET: "the connection was closed",
    UND_ERR_CONNECT_TIMEOUT: "connecting took too long",
    UND_ERR_HEADERS_TIMEOUT: "it did not answer in time",
    UND_ERR_BODY_TIMEOUT: "its answer stopped half-way",
    ENOTFOUND: "the host name is not known",
    CERT_HAS_EXPIRED: "its certificate has expired",
    ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  };
  return known[code] ?? messageOf(error).trim().split("\n", 1)[0] ?? code;
}
