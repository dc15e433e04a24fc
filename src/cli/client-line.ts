import { VERSION } from "../lib/version.ts";

/** The line of `meshctl version` about this program. */
export function clientLine(): string {
  return `client:     ${VERSION}`;
}
