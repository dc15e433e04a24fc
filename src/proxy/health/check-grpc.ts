import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { isIP } from "node:net";
import { type CheckOutcome, failed, passed } from "./outcome.ts";

/** grpc.health.v1 HealthCheckResponse.ServingStatus */
const SERVING = 1;
const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
/** A health answer is seven bytes. */
const MAX_ANSWER = 1024;

/** grpc.health.v1.Health/Check in plain HTTP/2, as the kubelet asks. Rejects when nothing answers; `signal` ends it. */
export function checkGrpc(port: number, service: string, host: string, userAgent: string, signal: AbortSignal): Promise<CheckOutcome> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`);
    const end = (error: Error | null, outcome?: CheckOutcome): void => {
      signal.removeEventListener("abort", abort);
      session.destroy();
      if (outcome === undefined) reject(error ?? new Error("the connection ended before an answer"));
      else resolve(outcome);
    };
    const abort = (): void => end(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    session.on("error", end);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": userAgent,
    });
    let status = "";
    const chunks: Buffer[] = [];
    let size = 0;
    const note = (headers: IncomingHttpHeaders): void => void (status = String(headers["grpc-status"] ?? status));
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_ANSWER) chunks.push(chunk);
      else end(null, failed("an answer that is no health check's"));
    });
    stream.on("error", end);
    stream.on("end", () => end(null, outcomeOf(status, Buffer.concat(chunks))));
    stream.end(message(service));
  });
}

/** Length-prefixed HealthCheckRequest { string service = 1; } */
function message(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** HealthCheckResponse { ServingStatus status = 1; }, which is absent when 0. */
function outcomeOf(grpcStatus: string, answer: Buffer): CheckOutcome {
  if (grpcStatus !== "0") return failed(`gRPC status ${grpcStatus === "" ? "missing" : grpcStatus}`);
  const serving = answer.length >= 7 && answer[5] === 0x08 ? (answer[6] ?? 0) : 0;
  const name = STATUS_NAMES[serving] ?? String(serving);
  return serving === SERVING ? passed(name) : failed(`the service is ${name}`);
}
