// The catalogue of the demo store: HTTP, in as many versions as you like.
//   GET /items        the catalogue, with the version that answered
//   GET /items?run=a  the same, counted apart
//   GET /stats        how many catalogues this process has served
//   GET /stats?run=a  how many of them for this run
// It listens on PORT; VERSION says which version it is (in the mesh: the --version of `meshctl run`).
import http from "node:http";

const port = Number(process.env.PORT ?? 8081);
const version = process.env.VERSION ?? process.env.MESHCTL_VERSION ?? "v1";
const items = [
  { name: "tea", cents: 450 },
  { name: "cups", cents: 1290 },
  { name: "kettle", cents: 3900 },
  // What is new in every version after the first.
  ...(version === "v1" ? [] : [{ name: "honey", cents: 720 }]),
];
const MAX_RUNS = 100;
let served = 0;
/** Catalogues served by the run named in the query, so that measured traffic is told from other traffic. */
const runs = new Map();

const server = http.createServer((request, response) => {
  const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://api");
  const run = searchParams.get("run");
  if (path === "/items") {
    served += 1;
    if (run !== null && (runs.has(run) || runs.size < MAX_RUNS)) runs.set(run, (runs.get(run) ?? 0) + 1);
    json(response, 200, { version, items });
  } else if (path === "/stats") json(response, 200, { version, served: run === null ? served : (runs.get(run) ?? 0) });
  else if (path === "/healthz") json(response, 200, { ok: true });
  else json(response, 404, { error: "there is nothing here", try: ["/items", "/stats", "/healthz"] });
});

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
}

server.listen(port, "127.0.0.1", () => console.log(`api ${version} listens on ${port}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
