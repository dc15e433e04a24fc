import { EXIT, UserError } from "../../lib/errors.ts";
import { wholeNumber } from "../options/values.ts";

/** 0–100 with at most two decimals, no sign, no exponent. */
export function parsePercent(text: string): number {
  const percent = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(percent >= 0 && percent <= 100)) {
    throw new UserError(`"${text}" is not a share`, {
      hint: "Give a number from 0 to 100 with at most two decimals, such as 12.5.",
      exitCode: EXIT.USAGE,
    });
  }
  return percent;
}

/** 200–599: what can stand in an answer. */
export function parseStatus(text: string): number {
  const status = wholeNumber(text);
  if (status === null || status < 200 || status > 599) {
    throw new UserError(`"${text}" is not a status to answer with (200 to 599)`, { exitCode: EXIT.USAGE });
  }
  return status;
}

/** An absolute path; compared by whole segments. */
export function parsePathPrefix(text: string): string {
  if (!text.startsWith("/") || /[\s?#]/.test(text)) {
    throw new UserError(`"${text}" is not a path`, { hint: "Write it like /items, without query.", exitCode: EXIT.USAGE });
  }
  return text;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;

/** A method of HTTPRouteMatch, in any case. */
export function parseMethod(text: string): (typeof METHODS)[number] {
  const method = METHODS.find((candidate) => candidate === text.toUpperCase());
  if (method !== undefined) return method;
  throw new UserError(`"${text}" is not a method`, { hint: `One of ${METHODS.join(", ")}.`, exitCode: EXIT.USAGE });
}
