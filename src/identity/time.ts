import { Asn1Error, type Asn1, isUniversal, primitiveBytes, TAG, timeString } from "./asn1.ts";

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Unix milliseconds → Time of RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050; whole seconds, rounded down. */
export function encodeTime(unixMs: number): Asn1 {
  const digits = new Date(Math.floor(unixMs / 1000) * 1000).toISOString().replace(/[-:T]|\.\d+/g, "");
  const year = Number(digits.slice(0, 4));
  return year < 2050 ? timeString(TAG.UTC_TIME, digits.slice(2)) : timeString(TAG.GENERALIZED_TIME, digits);
}

/** The reverse; refuses offsets, fractions and missing seconds, which DER does not have. */
export function parseTime(element: Asn1 | undefined, what: string): number {
  if (isUniversal(element, TAG.UTC_TIME)) {
    const match = UTC_TIME.exec(primitiveBytes(element, what).toString("latin1"));
    // Two digits from 50 on mean the last century (RFC 5280 4.1.2.5.1).
    if (match) return instantOf(Number(match[1]) + (Number(match[1]) >= 50 ? 1900 : 2000), match, what);
  } else if (isUniversal(element, TAG.GENERALIZED_TIME)) {
    const match = GENERALIZED_TIME.exec(primitiveBytes(element, what).toString("latin1"));
    if (match) return instantOf(Number(match[1]), match, what);
  }
  throw new Asn1Error(`${what} is missing or malformed`);
}

function instantOf(year: number, match: RegExpExecArray, what: string): number {
  const [month, day, hour, minute, second] = match.slice(2, 7).map(Number) as [number, number, number, number, number];
  const result = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries 31 February over into March.
  const date = new Date(result);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!same) throw new Asn1Error(`${what} is not a date`);
  return result;
}
