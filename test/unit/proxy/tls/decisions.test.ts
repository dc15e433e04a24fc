import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MtlsMode, Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { chooseAlpn } from "../../../../src/proxy/tls/alpn.ts";
import { dialFailure } from "../../../../src/proxy/tls/dial-failure.ts";
import type { FirstBytes } from "../../../../src/proxy/tls/first-bytes.ts";
import { decideInbound, mayServerSpeakFirst } from "../../../../src/proxy/tls/inbound-decision.ts";
import { ACCEPTOR_MARGIN, DIALLER_MARGIN, retireAtMs } from "../../../../src/proxy/tls/retirement.ts";

const MESH: FirstBytes = { kind: "tls", alpn: ["meshctl/h2", "meshctl/h1"], serverName: "" };
const OTHER_TLS: FirstBytes = { kind: "tls", alpn: ["h2", "http/1.1"], serverName: "api" };
const HTTP: FirstBytes = { kind: "http1" };
const HTTP2: FirstBytes = { kind: "http2" };
const BYTES: FirstBytes = { kind: "other" };
const { STRICT, PERMISSIVE, DISABLE, UNSPECIFIED } = MtlsMode;

describe("what becomes of an inbound connection (ADR 1)", () => {
  const table: readonly (readonly [Protocol, MtlsMode, FirstBytes, string])[] = [
    [Protocol.HTTP, STRICT, MESH, "terminate"],
    [Protocol.HTTP, STRICT, OTHER_TLS, "terminate"],
    [Protocol.HTTP, STRICT, HTTP, "refuse"],
    [Protocol.HTTP, STRICT, BYTES, "refuse"],
    [Protocol.HTTP, UNSPECIFIED, HTTP, "refuse"],
    [Protocol.HTTP, PERMISSIVE, MESH, "terminate"],
    [Protocol.HTTP, PERMISSIVE, OTHER_TLS, "terminate"],
    [Protocol.HTTP, PERMISSIVE, HTTP, "plain-http"],
    [Protocol.HTTP, PERMISSIVE, BYTES, "plain-http"],
    [Protocol.HTTP, DISABLE, OTHER_TLS, "plain-tcp"],
    [Protocol.HTTP, DISABLE, MESH, "terminate"],
    [Protocol.TCP, STRICT, MESH, "terminate"],
    [Protocol.TCP, STRICT, OTHER_TLS, "refuse"],
    [Protocol.TCP, STRICT, BYTES, "refuse"],
    [Protocol.TCP, PERMISSIVE, OTHER_TLS, "plain-tcp"],
    [Protocol.TCP, PERMISSIVE, HTTP, "plain-tcp"],
    [Protocol.GRPC, STRICT, MESH, "terminate"],
    [Protocol.GRPC, STRICT, OTHER_TLS, "terminate"],
    [Protocol.GRPC, STRICT, HTTP2, "refuse"],
    [Protocol.GRPC, PERMISSIVE, HTTP2, "plain-http2"],
    [Protocol.GRPC, PERMISSIVE, BYTES, "plain-http"],
    [Protocol.HTTP2, PERMISSIVE, HTTP2, "plain-http2"],
    [Protocol.HTTP, PERMISSIVE, HTTP2, "plain-http2"],
    [Protocol.TCP, PERMISSIVE, HTTP2, "plain-tcp"],
    [Protocol.DETECT, PERMISSIVE, HTTP2, "plain-http2"],
    [Protocol.DETECT, PERMISSIVE, HTTP, "plain-http"],
    [Protocol.DETECT, PERMISSIVE, BYTES, "plain-tcp"],
    [Protocol.DETECT, STRICT, HTTP, "refuse"],
  ];
  for (const [protocol, mtls, first, decision] of table) {
    it(`protocol ${protocol}, mode ${mtls}, ${first.kind}${first.kind === "tls" ? ` ${first.alpn[0]}` : ""}: ${decision}`, () => {
      assert.equal(decideInbound(first, { protocol, mtls }), decision);
    });
  }

  it("only plaintext TCP waits for a server to speak first", () => {
    assert.equal(mayServerSpeakFirst({ protocol: Protocol.TCP, mtls: PERMISSIVE }), true);
    assert.equal(mayServerSpeakFirst({ protocol: Protocol.TCP, mtls: STRICT }), false);
    assert.equal(mayServerSpeakFirst({ protocol: Protocol.HTTP, mtls: PERMISSIVE }), false);
  });
});

describe("the ALPN name a port agrees to", () => {
  it("is ours before the client's order, and never opaque at an http port", () => {
    assert.equal(chooseAlpn(Protocol.HTTP, ["http/1.1", "meshctl/h1"]), "meshctl/h1");
    assert.equal(chooseAlpn(Protocol.HTTP, ["http/1.1", "h2"]), "h2");
    assert.equal(chooseAlpn(Protocol.HTTP, ["http/1.1"]), "http/1.1");
    assert.equal(chooseAlpn(Protocol.HTTP, ["meshctl/tcp"]), undefined);
    assert.equal(chooseAlpn(Protocol.TCP, ["meshctl/h1"]), undefined);
    assert.equal(chooseAlpn(Protocol.TCP, ["meshctl/tcp"]), "meshctl/tcp");
    assert.equal(chooseAlpn(Protocol.GRPC, ["meshctl/tcp"]), undefined);
    assert.equal(chooseAlpn(Protocol.GRPC, ["h2"]), "h2");
    assert.equal(chooseAlpn(Protocol.DETECT, ["meshctl/tcp"]), "meshctl/tcp");
    assert.equal(chooseAlpn(Protocol.DETECT, ["meshctl/h1", "meshctl/h2"]), "meshctl/h2");
    assert.equal(chooseAlpn(Protocol.HTTP, ["MESHCTL/H1"]), undefined);
  });
});

describe("when a connection retires", () => {
  const leaf = (notBeforeMs: number, notAfterMs: number) => ({ notBeforeMs, notAfterMs }) as never;
  it("is a tenth (client) or a twentieth (server) of the shorter life before its end", () => {
    assert.equal(retireAtMs(leaf(0, 1_000), leaf(0, 2_000), DIALLER_MARGIN), 900);
    assert.equal(retireAtMs(leaf(0, 2_000), leaf(0, 1_000), DIALLER_MARGIN), 900);
    assert.equal(retireAtMs(leaf(0, 1_000), leaf(500, 2_000), ACCEPTOR_MARGIN), 950);
  });
});

describe("why a dial failed", () => {
  for (const [code, untrusted, reason] of [
    ["CERT_HAS_EXPIRED", true, "peer-untrusted"],
    ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", false, "protocol-mismatch"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", false, "protocol-mismatch"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", false, "peer-refused-identity"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", false, "peer-refused-identity"],
    ["ECONNRESET", false, "connect-failed"],
  ] as const) {
    it(`${code}: ${reason}`, () => assert.equal(dialFailure(Object.assign(new Error("x"), { code }), untrusted), reason));
  }
});
