import { closest } from "../../lib/closest.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { REASONS } from "../../messages/reasons.ts";

/** A code of the catalogue. */
export function parseReason(text: string): string {
  if (Object.hasOwn(REASONS, text)) return text;
  const reasons = Object.keys(REASONS);
  const near = closest(text, reasons);
  throw new UserError(`"${text}" is not a reason`, {
    hint: `${near === null ? "" : `Did you mean ${near}? `}There is: ${reasons.join(", ")}.`,
    exitCode: EXIT.USAGE,
  });
}

/** Begins with `/`, as every path does. */
export function parsePathStart(text: string): string {
  if (text.startsWith("/")) return text;
  throw new UserError(`"${text}" is not the start of a path`, { hint: `Write it like /${text}.`, exitCode: EXIT.USAGE });
}

/** `503` or `5xx`. */
export function parseStatusFilter(text: string): string {
  const status = text.toLowerCase();
  if (/^[1-5](\d\d|xx)$/.test(status)) return status;
  throw new UserError(`"${text}" is not a status`, { hint: "Write it like 503 or 5xx.", exitCode: EXIT.USAGE });
}
