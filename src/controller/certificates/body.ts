import * as z from "zod";
import { type Exchange, HttpError } from "../http.ts";

/** A request with 64 KiB of PEM inside JSON, and some air. */
const MAX_BODY_BYTES = 96 * 1024;

const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label");
const instance = z
  .string()
  .max(320)
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "must be namespace/instance");

export const certificateRequest = z.strictObject({
  csr: z.string(),
  ttlSeconds: z.number().positive().max(1e9).optional(),
  instance: instance.optional(),
});

export const joinTokenRequest = z
  .strictObject({ namespace: label, serviceAccount: z.string().max(253), instance })
  .refine((request) => request.instance.startsWith(`${request.namespace}/`), { message: "must lie in the namespace", path: ["instance"] });

export const rotateRequest = z
  .strictObject({ instance: instance.optional(), all: z.boolean().optional() })
  .refine((request) => (request.instance === undefined) === (request.all === true), { message: "give exactly one of instance and all" });

/** The body as JSON of this shape; anything else is answered 400 with the field at fault. */
export async function readJson<T>(exchange: Exchange, schema: z.ZodType<T>): Promise<T> {
  const bytes = await exchange.body(MAX_BODY_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HttpError(400, "BadRequest", "the body is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HttpError(400, "BadRequest", `${issue?.path.join(".") || "body"}: ${issue?.message ?? "malformed"}`);
}
