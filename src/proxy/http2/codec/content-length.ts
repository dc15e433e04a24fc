import type { Http2Stream } from "./stream.ts";

/** True while `Content-Length` and the data received agree: exactly at the end, not more before (RFC 9113 8.1.1). */
export function lengthAgrees(stream: Http2Stream, atEnd: boolean): boolean {
  if (stream.tunnel) return true;
  if (stream.noContent) return stream.received === 0;
  if (stream.contentLength < 0) return true;
  return atEnd ? stream.received === stream.contentLength : stream.received <= stream.contentLength;
}
