import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Endpoints, Inbound, Outbound } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../../src/messages/names.ts";
import { Configuration } from "../../../../src/proxy/runtime/configuration.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const API = "default/api:80";

/** One thing a controller may send; `bad` ones must change nothing. */
type Sent =
  | { readonly kind: "outbound"; readonly protocol: number; readonly bad: boolean }
  | { readonly kind: "endpoints"; readonly ports: readonly number[]; readonly bad: boolean }
  | { readonly kind: "inbound"; readonly mtls: number; readonly bad: boolean };

const sent: fc.Arbitrary<Sent> = fc.oneof(
  fc.record({ kind: fc.constant("outbound" as const), protocol: fc.integer({ min: 1, max: 5 }), bad: fc.boolean() }),
  fc.record({
    kind: fc.constant("endpoints" as const),
    ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 4 }),
    bad: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("inbound" as const), mtls: fc.integer({ min: 1, max: 3 }), bad: fc.boolean() }),
);

function bytesOf(message: Sent): { typeUrl: string; name: string; bytes: Uint8Array } {
  switch (message.kind) {
    case "outbound":
      // A policy nobody knows: to leave it out would allow what it forbids.
      return {
        typeUrl: TYPE_URL.OUTBOUND,
        name: API,
        bytes: Outbound.encode(
          Outbound.fromPartial({
            service: "default/api",
            port: 80,
            protocol: message.protocol as 1,
            policies: message.bad ? [{ id: "unheard-of" }] : [],
          }),
        ).finish(),
      };
    case "endpoints":
      return {
        typeUrl: TYPE_URL.ENDPOINTS,
        name: API,
        bytes: Endpoints.encode(
          Endpoints.fromPartial({
            endpoints: [...message.ports, ...(message.bad ? [0] : [])].map((port) => ({ address: "127.0.0.1", port, health: 1 })),
          }),
        ).finish(),
      };
    case "inbound":
      return {
        typeUrl: TYPE_URL.INBOUND,
        name: "default/web",
        bytes: Inbound.encode(
          Inbound.fromPartial({
            ports: [{ port: 8080, protocol: 1, mtls: message.mtls as 1 }, ...(message.bad ? [{ port: 65_536 }] : [])],
          }),
        ).finish(),
      };
  }
}

it("what is in force is the last valid of everything sent, and exactly the invalid is refused (R6)", () => {
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 30 }), (messages) => {
      const config = new Configuration({
        clock: new PausedClock(0),
        random: () => 0.5,
        instance: "default/web",
        trustDomain: "cluster.local",
        self: { identity: "", namespace: "default", serviceAccount: "web", workload: "web" },
        endpointsLeft: () => {},
        trustChanged: () => {},
        proxyConfigChanged: () => {},
        inboundChanged: () => {},
        changed: () => {},
      });
      config.resolveOutbound(API, () => {});
      // Make-before-break would hide an Outbound until its endpoints are known.
      const first: Sent[] = [
        { kind: "outbound", protocol: 1, bad: false },
        { kind: "endpoints", ports: [1], bad: false },
        { kind: "inbound", mtls: 1, bad: false },
      ];
      const last = { protocol: 0, ports: [] as readonly number[], mtls: 0 };
      for (const message of [...first, ...messages]) {
        const { typeUrl, name, bytes } = bytesOf(message);
        const rejections = config.apply({ typeUrl, resources: [{ name, version: "v", aliases: [], bytes }], removed: [] });
        assert.deepEqual(
          rejections.map((rejection) => rejection.name),
          message.bad ? [name] : [],
        );
        if (message.bad) continue;
        if (message.kind === "outbound") last.protocol = message.protocol;
        else if (message.kind === "endpoints") last.ports = message.ports;
        else last.mtls = message.mtls;
      }
      assert.equal(config.outbound(API)?.protocol, last.protocol);
      assert.equal(config.inbound(8080)?.mtls, last.mtls);
      const ports = new Set(config.balancer(API)?.states.map(({ endpoint }) => endpoint.port));
      assert.deepEqual(ports, new Set(last.ports));
      config.close();
    }),
    { numRuns: 200 },
  );
});
