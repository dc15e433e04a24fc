import { EXIT, UserError } from "../../lib/errors.ts";

/** `503` or `5xx`. */
export function parseStatusFilter(text: string): string {
  const status = text.toLowerCase();
  if (/^[1-5](\d\d|xx)$/.test(status)) return status;
  throw new UserError(`"${text}" is not a status`, { hint: "Write it like 503 or 5xx.", exitCode: EXIT.USAGE });
}
