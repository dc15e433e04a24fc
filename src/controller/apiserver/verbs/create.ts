import type { Random } from "../../../lib/random.ts";
import { namespaceKind, namespaceLabels } from "../../../model/kinds/namespace.ts";
import type { KubeObject, ObjectMeta } from "../../../model/object.ts";
import { admit, dryRunOf, fieldValidationOf, objectOfBody, ownMetadata } from "../admission.ts";
import { type ApiContext, timestamp } from "../context.ts";
import { requireLasting } from "../definitions/removal.ts";
import { requireNamespace } from "../lifecycle.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type ResourceRequest, storeKey } from "../request.ts";
import { alreadyExists, badRequest } from "../status.ts";
import type { Stored, Transaction } from "../store/contract.ts";
import { type ManagedFields, managedByUpdate, withManagedFields } from "./update.ts";

/** As in Kubernetes: no vowels and no look-alikes. */
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const MAX_GENERATED = 63;
const MAX_TRIES = 8;

/** POST to a collection. */
export async function createVerb(api: ApiContext, request: ResourceRequest, body: unknown): Promise<Outcome> {
  const { kind, namespace, query } = request;
  const given = withGeneratedName(objectOfBody(body, request), api.random);
  if (given.metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  const { object: admitted, warnings } = admit(kind, given, fieldValidationOf(query));
  const bucket = bucketOf(kind);
  const stored = await api.store.write(
    (transaction) => {
      const isFree = (candidate: string): boolean => transaction.get(bucket, storeKey(namespace, candidate)) === undefined;
      const { name } = admitted.metadata;
      const generated = (body as Partial<KubeObject>).metadata?.name ? name : freeName(admitted.metadata, isFree, api.random);
      return putNew(api, transaction, request, admitted, generated);
    },
    { dryRun: dryRunOf(query) },
  );
  return { type: "object", code: 201, stored, warnings };
}

/** Keeps a new object that is admitted already. Throws where it may not be, or is there. */
export function putNew(
  api: ApiContext,
  transaction: Transaction,
  request: ResourceRequest,
  admitted: KubeObject,
  name: string,
  managedFields: ManagedFields = managedByUpdate,
): Stored {
  const { kind, namespace } = request;
  requireLasting(transaction, kind);
  if (namespace !== undefined) requireNamespace(transaction, kind, namespace, name);
  const [bucket, key] = [bucketOf(kind), storeKey(namespace, name)];
  if (transaction.get(bucket, key) !== undefined) throw alreadyExists(kind, name);
  const object = newObject(api, request, admitted, name);
  return transaction.put(bucket, key, withManagedFields(object, managedFields(request, null, object, admitted.metadata.managedFields)));
}

/** A first name from `generateName`, so that names are judged as whole as those that are given. */
function withGeneratedName(given: KubeObject, random: Random): KubeObject {
  const { name, generateName } = given.metadata;
  if (name || typeof generateName !== "string" || generateName === "") return given;
  return { ...given, metadata: { ...given.metadata, name: generatedName(generateName, random) } };
}

/** The name it has, or another of the same making; the caller refuses the rare one that is taken every time. */
function freeName({ name, generateName = "" }: ObjectMeta, isFree: (name: string) => boolean, random: Random): string {
  let candidate = name;
  for (let tries = 1; tries < MAX_TRIES && !isFree(candidate); tries += 1) candidate = generatedName(generateName, random);
  return candidate;
}

/** `generateName`, cut so that the whole is a DNS label long at most, with a random end. */
function generatedName(base: string, random: Random): string {
  let name = base.slice(0, MAX_GENERATED - SUFFIX_LENGTH);
  for (let letter = 0; letter < SUFFIX_LENGTH; letter += 1) name += SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)];
  return name;
}

/** With what the server says about a new object: who it is, since when, its first generation. */
function newObject(api: ApiContext, { kind, namespace }: ResourceRequest, given: KubeObject, name: string): KubeObject {
  const { metadata, status: givenStatus, ...rest } = given;
  const object: KubeObject = {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: api.uuid(),
      generation: 1,
      creationTimestamp: timestamp(api.clock),
      ...ownMetadata(metadata),
    },
  };
  if (kind === namespaceKind) {
    object.metadata.labels = namespaceLabels(name, object.metadata.labels);
    object.status = { phase: "Active" };
  } else if (!kind.status && givenStatus !== undefined) object.status = givenStatus;
  return object;
}
