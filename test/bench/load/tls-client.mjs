// Full TLS handshakes, one after the other on each of several lanes: connect, prove who one is, ask once, close.
// The answer is what shows that the server has verified the client (TLS 1.3 lets a client believe so before).
// Arguments: port, seconds, lanes. The first message on the channel brings key, certificate and roots. Prints JSON.
import { connect, createSecureContext } from "node:tls";

const [port, seconds, lanes] = process.argv.slice(2).map(Number);
const ANSWER = "HTTP/1.1 200";
let done = 0;
let errors = 0;
let firstError = "";
let endMs = 0;
let open = lanes;

function handshake(secureContext) {
  let text = "";
  let full = false;
  const socket = connect({
    port,
    host: "127.0.0.1",
    secureContext,
    minVersion: "TLSv1.3",
    servername: "api.default.svc",
    // Peers name the server, meshes its identity; neither is what is measured here.
    checkServerIdentity: () => undefined,
  });
  socket.once("secureConnect", () => {
    full = !socket.isSessionReused();
    socket.write("GET /items HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");
  });
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", (error) => {
    firstError ||= error.message;
  });
  socket.once("close", () => {
    if (full && text.startsWith(ANSWER)) done += 1;
    else errors += 1;
    if (performance.now() < endMs) handshake(secureContext);
    else finish();
  });
}

function finish() {
  open -= 1;
  if (open > 0) return;
  process.stdout.write(`${JSON.stringify({ done, errors, firstError })}\n`, () => process.exit(0));
}

process.once("message", (tls) => {
  endMs = performance.now() + seconds * 1_000;
  const secureContext = createSecureContext(tls);
  for (let lane = 0; lane < lanes; lane += 1) handshake(secureContext);
});
