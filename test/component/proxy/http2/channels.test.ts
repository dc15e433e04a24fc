/** What happens to requests when the connection they share, or the endpoint behind it, comes to its end. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { type TestContext, test } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Dialer } from "../../../../src/proxy/contract.ts";
import { SIDE_SERVER } from "../../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream } from "../../../../src/proxy/http2/codec/stream.ts";
import { DrivenSocket, Ignored } from "../../../conformance/http2/drive-socket.ts";
import { plainDialer, startEngine } from "../../../support/http/engine.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { until } from "../sides.ts";
import { startPair } from "./pair.ts";

const GET = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";

async function client(t: TestContext, port: number): Promise<RawClient> {
  const made = await RawClient.connect(port);
  t.after(() => made.close());
  return made;
}

/** An application that speaks HTTP/2: an empty 200 to everything. */
async function app2(t: TestContext): Promise<number> {
  const server = createSocketServer((socket) => {
    const driver = new DrivenSocket(socket, SIDE_SERVER);
    t.after(() => driver.close());
    driver.onRequest = () =>
      new (class extends Ignored {
        override head(stream: Http2Stream): void {
          driver.connection.sendHead(stream, [":status", "200", "content-length", "0"], true);
        }
      })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("a request that waits for a connection to an endpoint that leaves gets it all the same, and one is enough", async (t) => {
  const view = new StubView([]);
  view.addService("api", 80, [endpoint(await app2(t))], [], Protocol.HTTP2);
  const real = plainDialer();
  let dials = 0;
  let go = (): void => {};
  const dialer: Dialer = {
    dial(state, want, up, failed) {
      dials += 1;
      go = () => real.dial(state, want, up, failed);
      if (dials > 1) go();
    },
  };
  const engine = startEngine({ view, dialer });
  t.after(() => engine.close());
  const asking = await client(t, await engine.listen(engine.outbound.upstream(DESTINATION)));
  asking.send(GET);
  await until("the request to wait", () => dials === 1);
  engine.outbound.retire(view.balancers.get(DESTINATION)?.states ?? []);
  go();
  await asking.untilText("200 OK");
  assert.equal(dials, 1);
});

test("five hundred clients that hang up at once do not take the others' connection with them", async (t) => {
  let asked = 0;
  let finish = (): void => {};
  const server = createServer((request, response) => {
    asked += 1;
    if (request.url === "/stays") finish = () => void response.end("stayed");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port, inboundSide } = await startPair(t, { appPort: (server.address() as AddressInfo).port });
  const stays = await client(t, port);
  stays.send("GET /stays HTTP/1.1\r\nHost: api\r\n\r\n");
  const leaving = await Promise.all(Array.from({ length: 500 }, () => client(t, port)));
  for (const one of leaving) one.send(GET);
  await until("all requests", () => asked === 501);
  for (const one of leaving) one.socket.resetAndDestroy();
  await until("all but one to end", () => inboundSide.activeRequests <= 1);
  finish();
  await stays.untilText("stayed");
});
