// The least gRPC sidecar node:http2 makes. Arguments: a|b, the port to listen on, the next one's port, key, chain, root.
import { readFileSync } from "node:fs";
import { connect, createSecureServer, createServer } from "node:http2";

const [role, port, next, ...files] = process.argv.slice(2);
const [key, cert, ca] = files.map((file) => readFileSync(file));
const tls = { key, cert, ca, minVersion: "TLSv1.3" };
const settings = { maxConcurrentStreams: 1_000, initialWindowSize: 1 << 20 };

const session =
  role === "a"
    ? connect(`https://127.0.0.1:${next}`, { ...tls, servername: "api.default.svc", settings })
    : connect(`http://127.0.0.1:${next}`, { settings });
const server =
  role === "a" ? createServer({ settings }) : createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true, settings });

server.on("stream", (stream, headers) => {
  const call = session.request(headers);
  let trailers = null;
  call.on("response", (answer) => {
    if (stream.destroyed) return call.close();
    stream.respond(answer, { waitForTrailers: true });
    call.pipe(stream);
  });
  call.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("wantTrailers", () => (trailers === null ? stream.close() : stream.sendTrailers(trailers)));
  call.on("error", () => stream.close());
  stream.on("error", () => call.close());
  stream.pipe(call);
});
server.listen(Number(port), "127.0.0.1");
