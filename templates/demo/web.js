// The front of the demo store: HTTP in, calls to `api` (HTTP) and `ledger` (TCP) out.
// It knows nothing of a mesh; of tracing it does what any service must, it passes trace headers on with the calls it makes. It listens on PORT and calls two loopback addresses it is told:
//   MESHCTL_UPSTREAM_API_80       host:port of the api
//   MESHCTL_UPSTREAM_LEDGER_7000  host:port of the ledger
import http from "node:http";
import net from "node:net";

const port = Number(process.env.PORT ?? 8080);
const api = process.env.MESHCTL_UPSTREAM_API_80 ?? "127.0.0.1:8081";
const ledger = process.env.MESHCTL_UPSTREAM_LEDGER_7000 ?? "127.0.0.1:7000";
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const LIMIT_MS = 5_000;
/** Headers that say which trace a request belongs to (W3C, B3): whoever calls on behalf of a request passes them on. */
const TRACE_HEADERS = ["traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"];

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://store");
  try {
    if (url.pathname === "/") page(response, await callApi("/items", request));
    else if (url.pathname === "/items") relay(response, await callApi(`/items${url.search}`, request));
    else if (url.pathname === "/buy") json(response, 200, await buy(url.searchParams.get("item") ?? "tea", request));
    else if (url.pathname === "/healthz") json(response, 200, { ok: true });
    else json(response, 404, { error: "there is nothing here", try: ["/", "/items", "/buy?item=tea", "/healthz"] });
  } catch (error) {
    json(response, 502, { error: error.message });
  }
});

/** GET from the api on behalf of `request` → { status, reason, body }. */
function callApi(path, request) {
  const [host, apiPort] = api.split(":");
  const headers = { host: "api" };
  for (const name of TRACE_HEADERS) if (name in request.headers) headers[name] = request.headers[name];
  return new Promise((resolve, reject) => {
    const call = http.get({ host, port: apiPort, path, agent, headers, timeout: LIMIT_MS }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (text) => (body += text));
      answer.on("end", () => resolve({ status: answer.statusCode, reason: answer.headers["x-meshctl-reason"] ?? "", body }));
      answer.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error("the api did not answer in time")));
    call.on("error", reject);
  });
}

/** What the api said, as it said it; with its status, so that a caller sees the api's failures. */
function relay(response, { status, reason, body }) {
  if (status === 200) response.writeHead(200, { "content-type": "application/json" }).end(body);
  else json(response, status, { error: `the api answered ${status}`, reason });
}

function page(response, { status, body }) {
  const items = status === 200 ? JSON.parse(body).items : [];
  const rows = items.map(({ name, cents }) => `<li><a href="/buy?item=${name}">${name}</a> ${(cents / 100).toFixed(2)}</li>`).join("");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>Store</title><h1>Store</h1><ul>${rows || `<li>nothing today (api: ${status})</li>`}</ul>\n`);
}

/** Books one item: the price from the api, the entry in the ledger. */
async function buy(name, request) {
  const { status, body } = await callApi("/items", request);
  if (status !== 200) throw new Error(`the api answered ${status}`);
  const item = JSON.parse(body).items.find((entry) => entry.name === name);
  if (item === undefined) throw new Error(`there is no item ${JSON.stringify(name)}`);
  return { item: name, cents: item.cents, ledger: await book(`ADD ${name} ${item.cents}`) };
}

/** One line to the ledger, one line back. The ledger speaks first. */
function book(line) {
  const [host, ledgerPort] = ledger.split(":");
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port: Number(ledgerPort) });
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error("the ledger did not answer in time")));
    socket.on("data", (chunk) => {
      const greeted = text.includes("\n");
      text += chunk;
      if (!greeted && text.includes("\n")) socket.write(`${line}\n`);
      const lines = text.split("\n");
      if (lines.length > 2) {
        resolve(lines[1]);
        socket.end("QUIT\n");
      }
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the ledger closed the connection")));
  });
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
}

server.listen(port, "127.0.0.1", () => console.log(`web listens on ${port}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    agent.destroy();
  });
}
