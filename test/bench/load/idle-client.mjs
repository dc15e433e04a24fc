// Opens connections one after the other, asks once on each, and keeps them open until its channel closes.
// Arguments: port, count, plain|tls. The first message brings key, certificate and roots (or null). Says {opened, errors} once all stand.
import { connect as connectPlain } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";

const [port, count] = process.argv.slice(2, 4).map(Number);
const LANES = 8;
const REQUEST = "GET /items HTTP/1.1\r\nHost: api\r\n\r\n";
let started = 0;
let opened = 0;
let errors = 0;

function open(secureContext) {
  if (started === count) return;
  started += 1;
  const at = { port, host: "127.0.0.1" };
  const socket =
    secureContext === null
      ? connectPlain(at)
      : connectTls({ ...at, secureContext, minVersion: "TLSv1.3", servername: "api.default.svc", checkServerIdentity: () => undefined });
  let text = "";
  let answered = false;
  socket.once(secureContext === null ? "connect" : "secureConnect", () => socket.write(REQUEST));
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
    if (answered || !text.startsWith("HTTP/1.1 200") || !text.includes("\r\n\r\nx")) return;
    answered = true;
    opened += 1;
    step(secureContext);
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    errors += 1;
    if (answered) opened -= 1;
    else step(secureContext);
  });
}

function step(secureContext) {
  if (opened + errors >= count) process.send({ opened, errors });
  else open(secureContext);
}

process.once("message", (tls) => {
  const secureContext = tls === null ? null : createSecureContext(tls);
  for (let lane = 0; lane < Math.min(LANES, count); lane += 1) open(secureContext);
});
process.once("disconnect", () => process.exit(0));
