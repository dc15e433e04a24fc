import * as z from "zod";

/** Gateway API duration (GEP-2257): `200ms`, `1h30m`. */
export const duration = z.string().regex(/^([0-9]{1,5}(h|ms|m|s)){1,4}$/, 'must be a duration with units, such as "200ms" or "1m30s"');
