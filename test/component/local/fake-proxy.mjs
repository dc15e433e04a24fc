// Plays the sidecar for tests of its supervisor: binds what it is told, and does what PLAY in the join token says.
import net from "node:net";

const listeners = [];
function listen(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.end());
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server.address().port));
    listeners.push(server);
  });
}

process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
process.on("message", async (message) => {
  if (message.kind === "drain") process.send({ kind: "drained" });
  if (message.kind === "token") process.send({ kind: "not-ready", reason: `token ${message.joinToken}` });
  if (message.kind === "controller") process.send({ kind: "not-ready", reason: `moved to ${message.discovery} and ${message.https}` });
  if (message.kind !== "bootstrap") return;
  const [play] = message.joinToken.split(" ");
  if (play === "crash") process.exit(9);
  if (play === "fatal") {
    process.send({ kind: "fatal", message: "listen EADDRINUSE: address already in use 127.0.0.1:1" }, () => process.exit(1));
    return;
  }
  const inbound = await Promise.all(message.inbound.map(({ listenPort }) => listen(listenPort)));
  const upstreams = await Promise.all(message.upstreams.map(({ listenPort }) => listen(listenPort)));
  const [outbound, admin] = [await listen(message.outboundPort), await listen(message.adminPort)];
  process.send({ kind: "save", name: "leaf.pem", base64: "bGVhZg==" });
  process.send({ kind: "listening", inbound, upstreams, outbound, admin });
  process.send({
    kind: "not-ready",
    reason: `saved ${Object.keys(message.saved ?? {}).join(",") || "nothing"}, ${message.joinToken}, ${message.controller.discovery}`,
  });
  if (play === "expired") process.send({ kind: "need-token" });
  else process.send({ kind: "ready" });
});
