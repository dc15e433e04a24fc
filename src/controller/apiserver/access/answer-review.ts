import type { ServerResponse } from "node:http";
import type { KubeObject } from "../../../model/object.ts";

/** A review, as if it had been made: 201 and the object. */
export function sendReview(response: ServerResponse, review: KubeObject): void {
  const text = JSON.stringify(review);
  response.writeHead(201, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    // A token may be in it.
    "Cache-Control": "no-store",
  });
  response.end(text);
}
