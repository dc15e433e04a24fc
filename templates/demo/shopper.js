// A customer of the demo store who never sleeps: RATE requests a second (10 unless said otherwise) to
//   MESHCTL_UPSTREAM_WEB_80  host:port of the shop
// Every fifth request buys something. Says every ten seconds how it went.
import http from "node:http";

const web = process.env.MESHCTL_UPSTREAM_WEB_80 ?? "127.0.0.1:8080";
const rate = Math.min(1000, Math.max(1, Number(process.env.RATE ?? 10) || 10));
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const [host, port] = web.split(":");
const paths = ["/items", "/", "/items", "/items", "/buy?item=tea"];
let asked = 0;
const counts = new Map();

function count(what) {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

setInterval(() => {
  // Someone who gets no answer does not keep asking.
  if (Object.keys(agent.requests).length > 0) return count("skipped");
  const path = paths[asked++ % paths.length];
  const call = http.get({ host, port, path, agent, headers: { host: "web" }, timeout: 5_000 }, (answer) => {
    count(answer.statusCode);
    answer.resume();
  });
  call.on("timeout", () => call.destroy());
  call.on("error", () => count("no answer"));
}, 1_000 / rate);

setInterval(() => {
  console.log([...counts].map(([what, times]) => `${what}: ${times}`).join(", ") || "nothing yet");
  counts.clear();
}, 10_000);

console.log(`shopping at ${web}, ${rate} requests a second`);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
