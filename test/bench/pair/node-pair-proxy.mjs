// The least sidecar node:http and node:http2 make. Arguments: a|b, the port to listen on, the next one's port, key, chain, root.
import { readFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { connect, createSecureServer } from "node:http2";

const [role, port, next, ...files] = process.argv.slice(2);
const [key, cert, ca] = files.map((file) => readFileSync(file));
const tls = { key, cert, ca, minVersion: "TLSv1.3" };
/** Headers HTTP/2 does not have. */
const HOP = new Set(["connection", "host", "keep-alive", "transfer-encoding", "upgrade"]);

function endToEnd(headers) {
  const kept = {};
  for (const name in headers) if (!HOP.has(name) && !name.startsWith(":")) kept[name] = headers[name];
  return kept;
}

function receive() {
  const session = connect(`https://127.0.0.1:${next}`, { ...tls, servername: "api.default.svc", settings: { initialWindowSize: 1 << 20 } });
  session.on("connect", () => session.setLocalWindowSize(1 << 24));
  const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const bodiless = headers["content-length"] === undefined && headers["transfer-encoding"] === undefined;
    const head = { ":method": method, ":path": url, ":authority": headers.host, ...endToEnd(headers) };
    const stream = session.request(head, { endStream: bodiless });
    if (!bodiless) incoming.pipe(stream);
    stream.on("response", (answer) => {
      outgoing.writeHead(answer[":status"], endToEnd(answer));
      stream.pipe(outgoing);
    });
    stream.on("error", () => outgoing.destroy());
    outgoing.on("error", () => stream.close());
  });
  server.listen(Number(port), "127.0.0.1");
}

function deliver() {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const server = createSecureServer({
    ...tls,
    requestCert: true,
    rejectUnauthorized: true,
    settings: { maxConcurrentStreams: 1_000, initialWindowSize: 1 << 20 },
  });
  server.on("stream", (stream, headers, flags) => {
    const call = request(
      {
        agent,
        host: "127.0.0.1",
        port: Number(next),
        method: headers[":method"],
        path: headers[":path"],
        headers: { host: headers[":authority"], ...endToEnd(headers) },
      },
      (answer) => {
        if (stream.destroyed) return answer.destroy();
        stream.respond({ ":status": answer.statusCode, ...endToEnd(answer.headers) });
        answer.pipe(stream);
      },
    );
    call.on("error", () => stream.close());
    stream.on("error", () => call.destroy());
    // END_STREAM on the head: no body.
    if (flags & 1) call.end();
    else stream.pipe(call);
  });
  server.listen(Number(port), "127.0.0.1");
}

if (role === "a") receive();
else deliver();
