import * as z from "zod";

/** 0 to 100 with at most two decimals: shares are kept as hundredths of a percent. */
export const percent = z.number().min(0).max(100).refine(hasTwoDecimals, "must have at most two decimals");

function hasTwoDecimals(value: number): boolean {
  // 0.07 · 100 is 7.000000000000001 in binary; the nearest double of the rounded value is the value itself.
  return Math.round(value * 100) / 100 === value;
}
