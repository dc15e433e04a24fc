/** One application in both versions of the protocol, and one way to ask it in both. */
import { type IncomingMessage, createServer, request } from "node:http";
import { type ClientHttp2Session, type IncomingHttpHeaders, connect, createServer as createServer2 } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** What the application got, as text that does not depend on the version. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly trailers: Record<string, string>;
}

export interface App {
  readonly port: number;
  readonly seen: Seen[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly trailers: Record<string, string>;
  /** Statuses of interim answers. */
  readonly interim: readonly number[];
}

/** Answers by path: `/trailers`, `/status/204`, `/hints`, `/bytes/N` (no length), `/length/N`; else says what it saw. */
export async function startApp(t: TestContext, version: 1 | 2): Promise<App> {
  const seen: Seen[] = [];
  const handle = (incoming: Incoming, outgoing: Outgoing): void => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      seen.push({
        method,
        path: url,
        host: String(headers[":authority"] ?? headers["host"] ?? ""),
        headers: plainHeaders(headers),
        body: Buffer.concat(chunks).toString("latin1"),
        trailers: plainHeaders(incoming.trailers),
      });
      answer(url, outgoing);
    });
  };
  const server = version === 1 ? createServer(handle as never) : createServer2(handle as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

type Incoming = Pick<IncomingMessage, "on" | "method" | "url" | "headers" | "trailers">;
interface Outgoing {
  writeHead(status: number, headers: Record<string, string | number | readonly string[]>): void;
  addTrailers(trailers: Record<string, string>): void;
  writeEarlyHints(hints: Record<string, string>): void;
  write(chunk: string | Buffer): void;
  end(chunk?: string | Buffer): void;
}

function answer(url: string, outgoing: Outgoing): void {
  const [, what = "", size = "0"] = url.split("/");
  if (what === "trailers") {
    outgoing.writeHead(200, { trailer: "x-sum" });
    outgoing.write("some");
    outgoing.addTrailers({ "x-sum": "42", "x-other": "yes" });
    outgoing.end();
  } else if (what === "status") {
    outgoing.writeHead(Number(size), { "x-kind": "bare" });
    outgoing.end();
  } else if (what === "hints") {
    outgoing.writeEarlyHints({ link: "</style.css>; rel=preload" });
    outgoing.writeHead(200, {});
    outgoing.end("hinted");
  } else if (what === "bytes") {
    outgoing.writeHead(200, {});
    outgoing.end(Buffer.alloc(Number(size), "b"));
  } else if (what === "length") {
    outgoing.writeHead(200, { "content-length": size });
    outgoing.end(Buffer.alloc(Number(size), "l"));
  } else {
    outgoing.writeHead(200, { "x-app": "here", "set-cookie": ["a=1", "b=2"], "content-length": 5 });
    outgoing.end("hello");
  }
}

function plainHeaders(headers: IncomingHttpHeaders | NodeJS.Dict<string | string[]>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(":") && value !== undefined) all[name] = Array.isArray(value) ? value.join(", ") : String(value);
  }
  return all;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly trailers?: Record<string, string>;
}

export type Asker = (ask: Ask) => Promise<Answer>;

export function asker(t: TestContext, port: number, version: 1 | 2): Asker {
  if (version === 1) return (ask) => ask1(port, ask);
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  t.after(() => session.destroy());
  return (ask) => ask2(session, ask);
}

function ask1(port: number, { method = "GET", path = "/", host = "api", headers = {}, body, trailers }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const interim: number[] = [];
    const framing: Record<string, string> =
      trailers === undefined ? {} : { "transfer-encoding": "chunked", trailer: Object.keys(trailers).join(", ") };
    const outgoing = request({ port, host: "127.0.0.1", method, path, headers: { host, ...framing, ...headers } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: plainHeaders(incoming.headers),
          body: Buffer.concat(chunks),
          trailers: plainHeaders(incoming.trailers),
          interim,
        }),
      );
    });
    outgoing.on("information", ({ statusCode }) => interim.push(statusCode));
    outgoing.on("continue", () => interim.push(100));
    outgoing.on("error", reject);
    if (trailers !== undefined) outgoing.addTrailers(trailers);
    outgoing.end(body);
  });
}

function ask2(
  session: ClientHttp2Session,
  { method = "GET", path = "/", host = "api", headers = {}, body, trailers }: Ask,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const interim: number[] = [];
    const bodyless = body === undefined && trailers === undefined;
    const stream = session.request(
      { ":method": method, ":path": path, ":authority": host, ...headers },
      { endStream: bodyless, waitForTrailers: trailers !== undefined },
    );
    let status = 0;
    let answered: Record<string, string> = {};
    let trailing: Record<string, string> = {};
    const chunks: Buffer[] = [];
    stream.on("headers", (head) => interim.push(Number(head[":status"])));
    stream.on("response", (head) => {
      status = Number(head[":status"]);
      answered = plainHeaders(head);
    });
    stream.on("trailers", (head) => {
      trailing = plainHeaders(head);
    });
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => resolve({ status, headers: answered, body: Buffer.concat(chunks), trailers: trailing, interim }));
    if (!bodyless) stream.end(body);
  });
}
