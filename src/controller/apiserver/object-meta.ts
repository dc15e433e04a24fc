/**
 * The fields every object has under `metadata`, as OpenAPI schemas of their own: what `kubectl explain KIND.metadata` shows
 * (Kubernetes API, meta/v1 ObjectMeta).
 */

type Schema = Readonly<Record<string, unknown>>;

const PREFIX = "io.k8s.apimachinery.pkg.apis.meta.v1";

function text(description: string): Schema {
  return { type: "string", description };
}

function time(description: string): Schema {
  return { type: "string", format: "date-time", description: `${description} RFC 3339.` };
}

function whole(description: string): Schema {
  return { type: "integer", format: "int64", description };
}

function flag(description: string): Schema {
  return { type: "boolean", description };
}

function words(description: string): Schema {
  return { type: "object", additionalProperties: { type: "string", default: "" }, description };
}

function listOf(name: string, description: string): Schema {
  return { type: "array", items: { allOf: [{ $ref: `#/components/schemas/${PREFIX}.${name}` }], default: {} }, description };
}

/** By name in `components.schemas`. */
export const OBJECT_META_SCHEMAS: Readonly<Record<string, Schema>> = Object.freeze({
  [`${PREFIX}.ObjectMeta`]: {
    type: "object",
    description: "What every stored object has: its names, its labels, and what the server keeps about it.",
    properties: {
      annotations: words("Notes for programs and people; nothing selects by them."),
      creationTimestamp: time("When it was made; set by the server."),
      deletionGracePeriodSeconds: whole("How long it may take to end; set by the server with deletionTimestamp."),
      deletionTimestamp: time("When its deletion was asked for; it goes once its finalizers have gone. Set by the server."),
      finalizers: {
        type: "array",
        items: { type: "string", default: "" },
        "x-kubernetes-list-type": "set",
        "x-kubernetes-patch-strategy": "merge",
        description: "Whoever still has work to do before it may go.",
      },
      generateName: text("Beginning of a name that the server completes, where no name is given."),
      generation: whole("Counts changes of what is asked for; set by the server."),
      labels: words("By which objects are found and grouped."),
      managedFields: listOf("ManagedFieldsEntry", "Who wrote which fields last; kept by the server for server-side apply."),
      name: text("Unique among the objects of a kind in a namespace; cannot be changed."),
      namespace: text("Where the name is unique; empty for kinds that have no namespaces. Cannot be changed."),
      ownerReferences: {
        ...listOf("OwnerReference", "Objects it depends on: it is deleted when all of them are gone."),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["uid"],
        "x-kubernetes-patch-merge-key": "uid",
        "x-kubernetes-patch-strategy": "merge",
      },
      resourceVersion: text("Changes with every write; an update that names an older one is refused."),
      selfLink: text("Not set any more."),
      uid: text("Unlike a name, never used twice; set by the server."),
    },
  },
  [`${PREFIX}.OwnerReference`]: {
    type: "object",
    description: "One object that this one depends on, in its own namespace or without one.",
    required: ["apiVersion", "kind", "name", "uid"],
    properties: {
      apiVersion: text("Group and version of the owner."),
      blockOwnerDeletion: flag("The owner's deletion in the foreground waits for this object."),
      controller: flag("The one owner that manages this object."),
      kind: text("Kind of the owner."),
      name: text("Name of the owner."),
      uid: text("UID of the owner."),
    },
    "x-kubernetes-map-type": "atomic",
  },
  [`${PREFIX}.ManagedFieldsEntry`]: {
    type: "object",
    description: "The fields that one writer has set by one way of writing.",
    properties: {
      apiVersion: text("Group and version the fields are named in."),
      fieldsType: text("FieldsV1, the only form there is."),
      fieldsV1: { type: "object", description: "The fields, as a tree of their names." },
      manager: text("Who wrote."),
      operation: text("Apply or Update."),
      subresource: text("Through which subresource; empty for the object itself."),
      time: time("When it was last written this way."),
    },
  },
});

/** The property `metadata` of an object's schema. */
export const METADATA_PROPERTY: Schema = Object.freeze({
  allOf: [{ $ref: `#/components/schemas/${PREFIX}.ObjectMeta` }],
  default: {},
  description: "Names, labels, and what the server keeps about the object.",
});
