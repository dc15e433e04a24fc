import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { systemRandom } from "../../lib/random.ts";
import { randomUuid } from "../../lib/uuid.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { createLiveKinds } from "../../model/live-kinds.ts";
import { createKindRegistry, type KindRegistry } from "../../model/registry.ts";
import { asHttpError } from "../failure-status.ts";
import { type Caller, HttpError } from "../http.ts";
import type { SecretStore } from "../../ca/contract.ts";
import { createAccess } from "./access/access.ts";
import { sendReview } from "./access/answer-review.ts";
import { createMemorySecrets } from "./access/memory-secrets.ts";
import { REVIEW_KINDS } from "./access/review-kinds.ts";
import { fieldValidationOf } from "./admission.ts";
import { aggregatedAttributes, createAggregator } from "./aggregation/aggregator.ts";
import { openFrontProxy } from "./aggregation/front-proxy.ts";
import { apiServiceKind } from "./aggregation/kind.ts";
import { publishTrust } from "./aggregation/publish-trust.ts";
import { answerError, answerJson, answerOutcome } from "./answer.ts";
import { type AuditRecord, type AuditSink, startAudit } from "./audit.ts";
import { decodeBody, decodeLenient, mediaType, readBody } from "./body.ts";
import { type ApiContext, timestamp } from "./context.ts";
import { definitionKind } from "./definitions/kind.ts";
import { createRegistrar } from "./definitions/registrar.ts";
import { createDiscovery } from "./discovery.ts";
import { fieldWriterOf } from "./fields/writer.ts";
import { booleanOf } from "./list-options.ts";
import { negotiate } from "./negotiate.ts";
import type { Outcome } from "./outcome.ts";
import { parseResourcePath, type ResourcePlace, type ResourceRequest } from "./request.ts";
import { badRequest, methodNotAllowed } from "./status.ts";
import { seed } from "./seed.ts";
import type { Store } from "./store/contract.ts";
import { createVerb } from "./verbs/create.ts";
import { deleteCollectionVerb, deleteVerb } from "./verbs/delete.ts";
import { patchTypesOf, patchVerb, type PatchType } from "./verbs/patch.ts";
import { getVerb, listVerb } from "./verbs/read.ts";
import { scaleOf, scaleVerb } from "./verbs/scale.ts";
import { updateVerb } from "./verbs/update.ts";
import { WEBHOOK_KINDS } from "./webhooks/kinds.ts";
import { throughWebhooks } from "./webhooks/webhooks.ts";
import { WATCH_LIMITS, Watches, type WatchLimits } from "./verbs/watch.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  /** For generated names and time-outs. */
  readonly random?: Random;
  readonly uuid?: () => string;
  readonly watchLimits?: Partial<WatchLimits>;
  /** For the key that signs tokens of service accounts; absent, they end with the process. */
  readonly secrets?: SecretStore;
  /** Where one line for each write goes; absent: nowhere. */
  readonly audit?: AuditSink;
  /** For answers nobody expected: 500 without details to the client, the details here. */
  readonly onInternalError?: (error: unknown) => void;
}

/** The embedded resource API: Kubernetes' protocol over a {@link Store}. */
export interface ApiServer {
  /**
   * Answers what lies under /api, /apis, /openapi and /version; resolves with false, having touched nothing,
   * for other paths. A caller that is no admin is let in with a service account's token, for what stored roles allow.
   */
  handle(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<boolean>;
  /** Watches that are open now. */
  readonly openWatches: number;
  /** Ends open watches. The store is its owner's to close. */
  close(): void;
}

const OWN_PATH = /^\/(api|apis|openapi|version)(\/|$)/;

/** Makes what must always exist, then serves. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random = systemRandom, uuid = randomUuid } = options;
  const fixed = withOwnKinds(options.kinds.all);
  const kinds = createLiveKinds(createKindRegistry(fixed));
  const api: ApiContext = { store, kinds, clock, random, uuid };
  const watches = new Watches(api, { ...WATCH_LIMITS, ...options.watchLimits });
  const secrets = options.secrets ?? createMemorySecrets();
  const frontProxy = await openFrontProxy(secrets, clock);
  const access = await createAccess({ store, clock, secrets });
  await seed(api);
  await publishTrust(api, frontProxy);
  const aggregator = createAggregator(api, frontProxy, (error) => options.onInternalError?.(error));
  const discovery = createDiscovery(kinds, aggregator.groups);
  const registrar = await createRegistrar(api, kinds, fixed, (error) => options.onInternalError?.(error));

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
    path: string,
    query: URLSearchParams,
    record: AuditRecord | null,
  ): Promise<void> {
    const { method = "GET" } = request;
    const reply = { request, response, clock };
    const subject = await access.subjectOf(request, caller);
    record?.known(subject);
    const elsewhere = aggregator.find(path);
    if (elsewhere !== null) {
      access.requireAttributes(subject, aggregatedAttributes(method, path, query));
      return aggregator.answer(request, response, elsewhere, subject);
    }
    const place = parseResourcePath(path, query, kinds);
    access.require(subject, method, path, place);
    if (discovery.answer(reply, path)) return;
    const review = place === null ? null : access.review(subject, method, place, () => bodyOf(request));
    if (review !== null) return sendReview(response, await review);
    if (place === null || !subresourceServed(place)) {
      throw new HttpError(404, "NotFound", "the server could not find the requested resource");
    }
    const writer = fieldWriterOf(place, method, request.headers["user-agent"], timestamp(clock));
    const resource: ResourceRequest = { ...place, writer };
    const watch = request.method === "GET" && booleanOf(query, "watch");
    const wanted = negotiate(request.headers.accept, ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"], watch);
    if (watch) return watches.start(resource, response, wanted);
    if (resource.subresource === "scale") {
      const scaled = await throughWebhooks(api, method, resource, subject, (through) =>
        scaleVerb(through, method, resource, mediaType(request), async () => decodeBody(await readBody(request), "application/json")),
      );
      record?.decided(scaled);
      if (scaled.type === "object") return answerJson(reply, scaleOf(resource.kind, scaled.stored.object));
    }
    const outcome = await throughWebhooks(api, method, resource, subject, (through) => decide(through, request, resource));
    record?.decided(outcome);
    answerOutcome(reply, resource, outcome, wanted);
  }

  return {
    async handle(request, response, caller) {
      const [path = "", search = ""] = splitUrl(request.url ?? "/");
      if (!OWN_PATH.test(path)) return false;
      const record = options.audit === undefined ? null : startAudit({ sink: options.audit, kinds, clock, uuid }, request, response);
      try {
        await answer(request, response, caller, path, new URLSearchParams(search), record);
      } catch (error) {
        // A client that left in the middle of its body is nobody's fault, and hears no answer.
        if (!(error instanceof HttpError) && request.destroyed) return true;
        if (!(error instanceof HttpError)) options.onInternalError?.(error);
        answerError({ request, response, clock }, asHttpError(error));
      }
      return true;
    },
    get openWatches() {
      return watches.open;
    },
    close() {
      registrar.close();
      aggregator.close();
      watches.close();
    },
  };
}

/** Kinds that the server knows more about than everybody else take the places of those only stored. */
function withOwnKinds(kinds: readonly KindDescriptor[]): readonly KindDescriptor[] {
  const own: readonly KindDescriptor[] = [definitionKind, apiServiceKind, ...WEBHOOK_KINDS, ...REVIEW_KINDS];
  const same = (left: KindDescriptor, right: KindDescriptor): boolean => left.group === right.group && left.plural === right.plural;
  return [...kinds.filter((kind) => !own.some((other) => same(kind, other))), ...own];
}

/** Method and place → verb. */
async function decide(api: ApiContext, request: IncomingMessage, resource: ResourceRequest): Promise<Outcome> {
  if (resource.kind.verbs !== undefined) throw methodNotAllowed();
  const named = resource.name !== undefined;
  // Over every namespace there is only reading.
  const everywhere = !named && resource.kind.namespaced && resource.namespace === undefined;
  if (everywhere && request.method !== "GET") throw methodNotAllowed();
  switch (request.method) {
    case "GET":
      return named ? getVerb(api, resource) : listVerb(api, resource);
    case "POST":
      if (!named) return withBody(request, resource, (body) => createVerb(api, resource, body));
      break;
    case "PUT":
      if (named) return withBody(request, resource, (body) => updateVerb(api, resource, body));
      break;
    case "PATCH":
      if (named) return patchVerb(api, resource, patchTypeOf(request, resource), await readBody(request));
      break;
    case "DELETE": {
      if (resource.subresource !== undefined) break;
      const body = await readBody(request);
      const options = body.length === 0 ? undefined : decodeBody(body, mediaType(request));
      return named ? deleteVerb(api, resource, options) : deleteCollectionVerb(api, resource, options);
    }
    default:
  }
  throw methodNotAllowed();
}

/** A field that stands twice is an error, a warning or nothing, by the field validation of the request. */
async function withBody(request: IncomingMessage, resource: ResourceRequest, write: (body: unknown) => Promise<Outcome>): Promise<Outcome> {
  const validation = fieldValidationOf(resource.query);
  const { value, duplicate } = decodeLenient(await readBody(request), mediaType(request));
  if (duplicate !== null && validation === "Strict") {
    const { kind, version } = resource;
    const what = `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}`;
    throw badRequest(`${what}: strict decoding error: duplicate field "${duplicate}"`);
  }
  const outcome = await write(value);
  if (duplicate === null || validation !== "Warn" || outcome.type !== "object") return outcome;
  return { ...outcome, warnings: [`duplicate field "${duplicate}"`, ...outcome.warnings] };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return decodeBody(await readBody(request), mediaType(request));
}

function patchTypeOf(request: IncomingMessage, { kind }: ResourceRequest): PatchType {
  const type = mediaType(request);
  const types = patchTypesOf(kind);
  const known = types.find((patchType) => patchType === type);
  if (known !== undefined) return known;
  throw new HttpError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`,
  );
}

function subresourceServed({ kind, subresource }: ResourcePlace): boolean {
  if (subresource === "scale") return kind.scale !== undefined;
  return subresource === undefined || (subresource === "status" && kind.status);
}

function splitUrl(url: string): readonly [string, string] {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}
