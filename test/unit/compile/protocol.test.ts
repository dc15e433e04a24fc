import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { protocolOf } from "../../../src/compile/protocol.ts";
import { Protocol } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";

describe("what is spoken on a Service port", () => {
  it("is opaque by default where servers speak first, and looked at elsewhere", () => {
    for (const port of [25, 587, 3306, 4444, 5432, 6379, 9300, 11211]) assert.equal(protocolOf({ port }), Protocol.TCP, `${port}`);
    for (const port of [1, 24, 80, 443, 3307, 8080, 65_535]) assert.equal(protocolOf({ port }), Protocol.DETECT, `${port}`);
  });

  const declared: readonly (readonly [appProtocol: string, protocol: Protocol])[] = [
    ["http", Protocol.HTTP],
    ["HTTP", Protocol.HTTP],
    ["grpc", Protocol.GRPC],
    ["http2", Protocol.HTTP2],
    ["kubernetes.io/h2c", Protocol.HTTP2],
    ["kubernetes.io/ws", Protocol.HTTP],
    ["kubernetes.io/wss", Protocol.TCP],
    ["https", Protocol.TCP],
    ["tls", Protocol.TCP],
    ["tcp", Protocol.TCP],
    ["example.com/of-our-own", Protocol.TCP],
  ];
  for (const [appProtocol, protocol] of declared) {
    it(`appProtocol ${appProtocol} wins on any port`, () => {
      for (const port of [80, 3306, 6379, 8080]) assert.equal(protocolOf({ port, appProtocol }), protocol, `${port}`);
    });
  }

  it("an empty appProtocol declares nothing", () => {
    assert.equal(protocolOf({ port: 80, appProtocol: "" }), Protocol.DETECT);
    assert.equal(protocolOf({ port: 25, appProtocol: "" }), Protocol.TCP);
  });
});
