import type { TraceSpan } from "../../api/contract.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";

/** `web → api1`, without the namespace one is in; what is not known by then is the service. */
export function hop({ source, destination, service }: TraceSpan, namespace: string): string {
  return `${short(source, namespace) || "unknown"} → ${short(destination || service, namespace) || "unknown"}`;
}

/** `GET /items`; methods of gRPC by their name alone. */
export function request({ protocol, method, path }: TraceSpan): string {
  return printable(protocol === "grpc" ? path.replace(/^\//, "") : `${method} ${path}`.trim());
}

/** `200`, `503 fault-abort`, `no answer upstream-reset`; of gRPC its own status. */
export function outcome(span: TraceSpan): string {
  const { status, grpcStatus, reason } = span;
  const code = status === 0 ? "no answer" : grpcStatus === null ? String(status) : `grpc ${grpcStatus}`;
  return printable(reason === "" ? code : `${code} ${reason}`);
}

export function paintOutcome(text: string, { error, status }: TraceSpan, style: Style): string {
  if (error) return style.bad(text);
  return status >= 400 ? style.warn(text) : style.good(text);
}

/** `default/api:80` → `api:80` within `default`. */
export function short(name: string, namespace: string): string {
  return printable(name.startsWith(`${namespace}/`) ? name.slice(namespace.length + 1) : name);
}

/** Three digits: `850µs`, `12.3ms`, `1.20s`. */
export function duration(ms: number): string {
  if (ms < 0.9995) return `${Math.round(ms * 1_000)}µs`;
  if (ms < 999.5) return `${digits(ms)}ms`;
  return `${digits(ms / 1_000)}s`;
}

function digits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}
