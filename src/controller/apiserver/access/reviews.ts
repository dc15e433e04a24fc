import type { KubeObject } from "../../../model/object.ts";
import { isPlainObject } from "../merge-patch.ts";
import { badRequest } from "../status.ts";
import type { Store } from "../store/contract.ts";
import { type AccountTokens, ISSUER } from "./account-tokens.ts";
import { decide, rulesFor } from "./rbac.ts";
import type { Attributes, Subject } from "./subject.ts";

export interface ReviewContext {
  readonly store: Store;
  readonly tokens: AccountTokens;
  /** Who asks. */
  readonly subject: Subject;
  /** Of the URL; absent outside namespaces. */
  readonly namespace?: string;
}

type Spec = Readonly<Record<string, unknown>>;
type Answer = (context: ReviewContext, spec: Spec) => object | Promise<object>;

const ANSWERS: Readonly<Record<string, Answer>> = {
  TokenReview: tokenStatus,
  SelfSubjectReview: ({ subject }) => ({ userInfo: subject }),
  SubjectAccessReview: ({ store }, spec) => accessStatus(store, subjectOf(spec), attributesOf(spec)),
  SelfSubjectAccessReview: ({ store, subject }, spec) => accessStatus(store, subject, attributesOf(spec)),
  LocalSubjectAccessReview: localStatus,
  SelfSubjectRulesReview: rulesStatus,
};

/** The review with its answer as status. Throws 400 when it cannot be read. */
export async function answerReview(context: ReviewContext, kind: string, body: unknown): Promise<KubeObject> {
  const answer = ANSWERS[kind];
  if (answer === undefined || !isPlainObject(body)) throw badRequest("the body must be one object");
  const { spec = {}, metadata = {} } = body;
  if (!isPlainObject(spec) || !isPlainObject(metadata)) throw badRequest("spec must be an object");
  const apiVersion = kind === "TokenReview" || kind === "SelfSubjectReview" ? "authentication.k8s.io/v1" : "authorization.k8s.io/v1";
  if ((body.kind !== undefined && body.kind !== kind) || (body.apiVersion !== undefined && body.apiVersion !== apiVersion)) {
    throw badRequest(`the data is ${String(body.apiVersion)} ${String(body.kind)}, not ${apiVersion} ${kind}`);
  }
  const status = await answer(context, spec);
  return {
    apiVersion,
    kind,
    metadata: { creationTimestamp: null, ...metadata } as never,
    ...(body.spec === undefined ? {} : { spec }),
    status,
  };
}

async function tokenStatus({ tokens }: ReviewContext, { token, audiences }: Spec): Promise<object> {
  if (typeof token !== "string" || token === "") throw badRequest("spec.token must be a string that is not empty");
  const asked = textsOf(audiences, "spec.audiences");
  const verified = await tokens.verify(token, asked.length === 0 ? [ISSUER] : asked);
  if (!("subject" in verified)) return { user: {}, error: verified.problem };
  return { authenticated: true, user: verified.subject, audiences: verified.audiences };
}

function accessStatus(store: Store, subject: Subject, attributes: Attributes): object {
  const { allowed, reason } = decide(store, subject, attributes);
  return { allowed, ...(reason === "" ? {} : { reason }) };
}

function localStatus({ store, namespace = "" }: ReviewContext, spec: Spec): object {
  const attributes = attributesOf(spec);
  if ("path" in attributes) throw badRequest("spec.nonResourceAttributes are disallowed on this kind of request");
  if (attributes.namespace !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match the namespace of the request: "${namespace}"`);
  }
  return accessStatus(store, subjectOf(spec), attributes);
}

function rulesStatus({ store, subject }: ReviewContext, { namespace }: Spec): object {
  if (typeof namespace !== "string" || namespace === "") throw badRequest("no namespace on request");
  const rules = rulesFor(store, subject, namespace);
  return {
    resourceRules: rules.flatMap(({ verbs, apiGroups = [], resources, resourceNames }) =>
      resources === undefined ? [] : [{ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) }],
    ),
    nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) => (nonResourceURLs === undefined ? [] : [{ verbs, nonResourceURLs }])),
    incomplete: false,
  };
}

function subjectOf({ user, uid, groups, extra }: Spec): Subject {
  const username = textOf(user);
  const names = textsOf(groups, "spec.groups");
  if (username === "" && names.length === 0) throw badRequest("at least one of spec.user or spec.groups must be specified");
  return {
    username,
    groups: names,
    ...(typeof uid === "string" ? { uid } : {}),
    ...(isPlainObject(extra) ? { extra: extra as Record<string, string[]> } : {}),
  };
}

function attributesOf({ resourceAttributes: resource, nonResourceAttributes: other }: Spec): Attributes {
  if ((resource === undefined) === (other === undefined)) {
    throw badRequest("exactly one of spec.nonResourceAttributes or spec.resourceAttributes must be specified");
  }
  if (isPlainObject(other)) return { verb: textOf(other.verb), path: textOf(other.path) };
  if (!isPlainObject(resource)) throw badRequest("spec.resourceAttributes must be an object");
  return {
    verb: textOf(resource.verb),
    group: textOf(resource.group),
    version: textOf(resource.version),
    resource: textOf(resource.resource),
    subresource: textOf(resource.subresource),
    namespace: textOf(resource.namespace),
    name: textOf(resource.name),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown, where: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value as string[];
  throw badRequest(`${where} must be a list of strings`);
}
