// A customer of the demo store's api who counts: asks COUNT times (200 unless said otherwise), says how it went, and leaves.
//   MESHCTL_UPSTREAM_API_80  host:port of the api
import http from "node:http";

const api = process.env.MESHCTL_UPSTREAM_API_80 ?? "127.0.0.1:8081";
const count = Math.min(100_000, Math.max(1, Number(process.env.COUNT ?? 200) || 200));
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const [host, port] = api.split(":");
const counts = new Map();

function ask() {
  return new Promise((resolve) => {
    const call = http.get({ host, port, path: "/items", agent, headers: { host: "api" }, timeout: 5_000 }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode));
      answer.on("error", () => resolve("no answer"));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve("no answer"));
  });
}

for (let asked = 0; asked < count; asked += 1) {
  const what = await ask();
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
console.log(
  `asked ${count} times: ${[...counts]
    .sort()
    .map(([what, times]) => `${times} x ${what}`)
    .join(", ")}`,
);
agent.destroy();
