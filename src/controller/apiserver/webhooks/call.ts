import type { Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { KubeObject } from "../../../model/object.ts";
import type { Subject } from "../access/subject.ts";
import { HttpError } from "../../http.ts";
import { postJson } from "../https-call.ts";
import type { ResourceRequest } from "../request.ts";
import { badRequest } from "../status.ts";
import { endpointOf } from "../service-endpoint.ts";
import type { Store } from "../store/contract.ts";
import { conditionsHold } from "./conditions.ts";
import type { Webhook } from "./configuration.ts";
import { type ChangedObject, wantedVersion } from "./matching.ts";
import { readVerdict, reviewRequest } from "./review.ts";

export interface CallContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly subject: Subject;
  readonly request: ResourceRequest;
  readonly dryRun: boolean;
  /** For the caller's Warning headers. */
  readonly warnings: string[];
}

const DEFAULT_TIMEOUT_SECONDS = 10;
const MAX_TIMEOUT_SECONDS = 30;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Asks one webhook about one change; resolves with the object it wants, which is the given one for whoever does not
 * match or only validates. Throws what the client is to be told when it says no, or fails and must not.
 */
export async function ask(context: CallContext, webhook: Webhook, change: ChangedObject, mayChange: boolean): Promise<KubeObject | null> {
  const { store, request, subject, dryRun, warnings } = context;
  const version = wantedVersion(store, webhook, request, change);
  if (version === null) return change.after;
  const uid = context.uuid();
  const review = reviewRequest(request, change, { uid, version, subject, dryRun });
  try {
    if (!conditionsHold(webhook, { request: review, object: change.after, oldObject: change.before })) return change.after;
  } catch (error) {
    return failed(webhook, change, `matchConditions: ${messageOf(error).split("\n", 1)[0]}`, warnings);
  }
  if (dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
    throw badRequest(`admission webhook "${webhook.name}" does not support dry run`);
  }
  let verdict;
  try {
    const text = await post(
      context,
      webhook,
      JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: review }),
    );
    verdict = readVerdict(text, uid, change.after, mayChange);
  } catch (error) {
    return failed(webhook, change, messageOf(error), warnings);
  }
  warnings.push(...verdict.warnings);
  if (!verdict.allowed) throw denial(webhook.name, verdict.status);
  return verdict.object;
}

async function post({ store, clock }: CallContext, webhook: Webhook, body: string): Promise<string> {
  const { url: given, service, caBundle } = webhook.clientConfig;
  const timeoutMs = Math.min(webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS) * 1000;
  const ca = caBundle === undefined || caBundle === "" ? {} : { ca: Buffer.from(caBundle, "base64").toString("utf8") };
  let url: URL;
  let connect = {};
  if (service === undefined) {
    url = new URL(given ?? "");
    if (url.protocol !== "https:") throw new Error(`the URL ${given} is not https`);
  } else {
    const { namespace, name, path = "/", port = 443 } = service;
    url = new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith("/") ? path : `/${path}`}`);
    const endpoint = endpointOf(store, namespace, name, port);
    if ("problem" in endpoint) throw new Error(`failed to call webhook: Post "${url.href}": ${endpoint.problem}`);
    connect = { connect: endpoint };
  }
  url.searchParams.set("timeout", `${timeoutMs / 1000}s`);
  const { status, text } = await postJson({ url, ...connect, ...ca, body, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES }, clock).catch(
    (error: unknown) => {
      throw new Error(`failed to call webhook: Post "${url.href}": ${messageOf(error)}`);
    },
  );
  if (status !== 200) throw new Error(`failed to call webhook: an error on the server (status ${status})`);
  return text;
}

function failed({ name, failurePolicy = "Fail" }: Webhook, change: ChangedObject, why: string, warnings: string[]): KubeObject | null {
  if (failurePolicy !== "Ignore") {
    throw new HttpError(500, "InternalError", `Internal error occurred: failed calling webhook "${name}": ${why}`, {
      causes: [{ message: `failed calling webhook "${name}": ${why}` }],
    });
  }
  warnings.push(`webhook "${name}" was ignored: ${why}`);
  return change.after;
}

/** `metav1.Status` of the webhook as our refusal. Codes below 400 would be no refusal. */
function denial(name: string, status: Readonly<Record<string, unknown>>): HttpError {
  const { code, message, reason, details } = status;
  const why =
    typeof message === "string" && message !== ""
      ? `denied the request: ${message}`
      : typeof reason === "string" && reason !== ""
        ? `denied the request: ${reason}`
        : "denied the request without explanation";
  const number = typeof code === "number" && code >= 400 && code < 600 ? code : 400;
  const word = typeof reason === "string" ? reason : "";
  return new HttpError(
    number,
    word,
    `admission webhook "${name}" ${why}`,
    typeof details === "object" && details !== null ? details : undefined,
  );
}
