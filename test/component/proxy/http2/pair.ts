/** Two proxies in this process with real mutual TLS between them, an application behind the second. */
import type { Socket } from "node:net";
import type { TestContext } from "node:test";
import { MtlsMode, Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../../../../src/messages/names.ts";
import type { HttpServerSide, Limits, Transport } from "../../../../src/proxy/contract.ts";
import { classifyFirstBytes } from "../../../../src/proxy/tls/first-bytes.ts";
import { type TestEngine, plain, startEngine } from "../../../support/http/engine.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { API, TestMesh, TestSource, WEB, trustIn } from "../pki.ts";
import { acceptorSide, dialSide } from "../sides.ts";

export interface PairOptions {
  readonly appPort: number;
  readonly protocol?: Protocol;
  /** What the second proxy announces: `meshctl/h2`, or only `meshctl/h1`. */
  readonly transport?: string;
  readonly limits?: Partial<Limits>;
}

export interface Pair {
  /** Where the application's callers connect, in either version. */
  readonly port: number;
  /** The second proxy's listener; TLS only. */
  readonly inboundPort: number;
  readonly mesh: TestMesh;
  readonly outer: TestEngine;
  readonly inner: TestEngine;
  readonly outboundSide: HttpServerSide;
  readonly inboundSide: HttpServerSide;
}

export async function startPair(t: TestContext, options: PairOptions): Promise<Pair> {
  const { appPort, protocol = Protocol.HTTP, transport = ALPN.H2, limits = {} } = options;
  const mesh = new TestMesh();
  const trust = trustIn([mesh]);
  const inboundView = new StubView([]);
  inboundView.addInbound(appPort, [], protocol);
  const inner = startEngine({ view: inboundView, limits });
  const inboundSide = inner.inbound.port(appPort);
  const acceptor = await acceptorSide(t, new TestSource(mesh.issue(API), trust), {
    mode: { protocol, mtls: MtlsMode.STRICT },
    http: (incoming) => inboundSide.serve(incoming),
  });
  // Two hundred handshakes on a busy machine take their time.
  const { dialer } = dialSide(t, new TestSource(mesh.issue(WEB), trust), 10_000);
  const view = new StubView([]);
  view.addService("api", 80, [{ ...endpoint(acceptor.port, API), capabilities: [transport] }], [], protocol);
  const outer = startEngine({ view, dialer, limits });
  const outboundSide = outer.outbound.upstream(DESTINATION);
  const port = await outer.listen(sorting(outboundSide));
  t.after(async () => {
    await outer.close();
    await inner.close();
  });
  return { port, inboundPort: acceptor.port, mesh, outer, inner, outboundSide, inboundSide };
}

/** Looks at the first bytes, as the proxy's listeners do. */
function sorting(side: HttpServerSide): HttpServerSide {
  return {
    serve: ({ socket }) => {
      socket.once("readable", () => {
        const first = socket.read() as Buffer | null;
        if (first === null) return;
        const kind = classifyFirstBytes(first);
        socket.unshift(first);
        side.serve(kind !== "more" && kind.kind === "http2" ? http2(socket) : plain(socket));
      });
    },
    drain: (done) => side.drain(done),
    get activeRequests() {
      return side.activeRequests;
    },
    get openConnections() {
      return side.openConnections;
    },
  };
}

function http2(socket: Socket): Transport {
  return { ...plain(socket), alpn: "h2c" };
}
