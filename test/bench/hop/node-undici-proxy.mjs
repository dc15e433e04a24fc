// The least proxy node:http and undici make: arguments are the port to listen on and the backend's port.
import { createServer } from "node:http";
import { Pool } from "undici";

const [port, backendPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${backendPort}`, { connections: 512, pipelining: 1 });

class Handler {
  constructor(response) {
    this.response = response;
  }

  onRequestStart() {}

  onResponseStart(_controller, status, headers) {
    this.response.writeHead(status, headers);
  }

  onResponseData(_controller, chunk) {
    this.response.write(chunk);
  }

  onResponseEnd() {
    this.response.end();
  }

  onResponseError() {
    this.response.destroy();
  }
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const body = request.headers["content-length"] === undefined && request.headers["transfer-encoding"] === undefined ? null : request;
  pool.dispatch({ method: request.method, path: request.url, headers: request.headers, body }, new Handler(response));
});
server.listen(port, "127.0.0.1");
