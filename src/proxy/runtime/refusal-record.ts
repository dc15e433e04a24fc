import type { Clock } from "../../lib/clock.ts";
import type { ConfigView, ExchangeRecord } from "../contract.ts";
import { TrafficRecord } from "../exchange-record.ts";
import type { RefusedConnection } from "../tls/acceptor.ts";

/** A connection that never became one, as observers see it: whoever taps a workload wants to see who is turned away. */
export function refusalRecord(refusal: RefusedConnection, config: ConfigView, appPort: number, clock: Clock): ExchangeRecord {
  const record = new TrafficRecord("inbound");
  record.protocol = "tcp";
  record.startUnixMs = clock.nowMs();
  record.reason = refusal.reason;
  record.service = config.inbound(appPort)?.service ?? "";
  // The caller's port differs each time: as a label of metrics only its host is of use.
  record.source = hostOf(refusal.from);
  record.destination = `${config.self.namespace}/${config.self.workload}`;
  record.sourceAddress = refusal.from;
  record.destinationAddress = `127.0.0.1:${appPort}`;
  return record;
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf(":")));
}
