import type { Clock } from "../../../lib/clock.ts";
import type { KubeObject } from "../../../model/object.ts";
import { HttpError } from "../../http.ts";
import { isPlainObject } from "../merge-patch.ts";
import { badRequest } from "../status.ts";
import type { Store } from "../store/contract.ts";
import { type AccountTokens, ISSUER, type TokenOrder } from "./account-tokens.ts";

const DEFAULT_LIFE_SECONDS = 3_600;
/** Bounds of `authentication.k8s.io/v1 TokenRequest`. */
const MIN_LIFE_SECONDS = 600;
const MAX_LIFE_SECONDS = 2 ** 32;

/** `POST …/serviceaccounts/NAME/token`: a token for the account, perhaps bound to a Pod, a Secret or a Node. */
export async function answerTokenRequest(
  { store, tokens, clock }: { readonly store: Store; readonly tokens: AccountTokens; readonly clock: Clock },
  namespace: string,
  name: string,
  body: unknown,
): Promise<KubeObject> {
  if (!isPlainObject(body)) throw badRequest("the body must be one TokenRequest");
  if (body.kind !== undefined && body.kind !== "TokenRequest") throw badRequest(`the data is a ${String(body.kind)}, not a TokenRequest`);
  const spec = isPlainObject(body.spec) ? body.spec : {};
  const account = store.get("/serviceaccounts", `${namespace}/${name}`);
  if (account === undefined) {
    throw new HttpError(404, "NotFound", `serviceaccounts "${name}" not found`, { name, kind: "serviceaccounts" });
  }
  const audiences = audiencesOf(spec.audiences);
  const lifeSeconds = lifeOf(spec.expirationSeconds, name);
  const bound = boundOf(store, namespace, spec.boundObjectRef);
  const serviceAccount = { name, uid: account.object.metadata.uid ?? "" };
  const order: TokenOrder = { namespace, serviceAccount, audiences, lifeSeconds, ...(bound === null ? {} : { bound }) };
  const { token, expiresAtMs } = await tokens.issue(order);
  const expirationTimestamp = new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name, namespace, creationTimestamp: new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, "Z") },
    spec: { audiences, expirationSeconds: lifeSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp },
  };
}

function audiencesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [ISSUER];
  if (Array.isArray(value) && value.length <= 64 && value.every((entry) => typeof entry === "string" && entry !== ""))
    return value as string[];
  throw badRequest("spec.audiences must be a list of strings");
}

function lifeOf(value: unknown, name: string): number {
  if (value === undefined || value === null) return DEFAULT_LIFE_SECONDS;
  const refuse = (detail: string): HttpError => {
    const cause = {
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
      field: "spec.expirationSeconds",
    };
    const message = `TokenRequest.authentication.k8s.io "${name}" is invalid: ${cause.field}: ${cause.message}`;
    return new HttpError(422, "Invalid", message, { name, group: "authentication.k8s.io", kind: "TokenRequest", causes: [cause] });
  };
  if (!Number.isSafeInteger(value)) throw refuse("must be a whole number");
  if ((value as number) < MIN_LIFE_SECONDS) throw refuse("may not specify a duration less than 10 minutes");
  if ((value as number) > MAX_LIFE_SECONDS) throw refuse("may not specify a duration larger than 2^32 seconds");
  return value as number;
}

const BINDABLE: Readonly<Record<string, "/pods" | "/secrets" | "/nodes">> = { Pod: "/pods", Secret: "/secrets", Node: "/nodes" };

function boundOf(store: Store, namespace: string, ref: unknown): TokenOrder["bound"] | null {
  if (ref === undefined || ref === null) return null;
  if (!isPlainObject(ref)) throw badRequest("spec.boundObjectRef must be an object");
  const { kind, apiVersion = "v1", name, uid } = ref;
  const bucket = typeof kind === "string" && Object.hasOwn(BINDABLE, kind) ? BINDABLE[kind] : undefined;
  if (bucket === undefined || apiVersion !== "v1" || typeof name !== "string") {
    throw badRequest(`cannot bind token to object of kind ${String(apiVersion)} ${String(kind)}: only a Pod, a Secret or a Node of v1`);
  }
  const found = store.get(bucket, bucket === "/nodes" ? name : `${namespace}/${name}`);
  if (found === undefined) throw new HttpError(404, "NotFound", `${bucket.slice(1)} "${name}" not found`, { name, kind: bucket.slice(1) });
  const actual = found.object.metadata.uid ?? "";
  if (typeof uid === "string" && uid !== "" && uid !== actual) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw new HttpError(409, "Conflict", `Operation cannot be fulfilled on ${bucket.slice(1)} "${name}": ${why}`, {
      name,
      kind: bucket.slice(1),
    });
  }
  return { kind: kind as "Pod" | "Secret" | "Node", name, uid: actual };
}
