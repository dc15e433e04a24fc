import * as z from "zod";
import type { KindDescriptor, TableColumn } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/object.ts";
import { adoptStructural, type StructuralSchema } from "../../../model/structural-schema.ts";
import { hasRules, stateErrors, transitionErrors } from "./cel/evaluate.ts";
import { columnsOfVersion } from "./columns.ts";
import { compareVersions, completeNames, type KnownDefinition, storageVersionOf } from "./definition.ts";
import type { DefinitionVersion } from "./definition-schema.ts";
import { applyDefaults } from "./schema/defaults.ts";
import { removeUnknown, unknownFieldsOf } from "./schema/prune.ts";
import type { Place } from "./schema/shape.ts";
import { validationErrors } from "./schema/validate.ts";

/** One descriptor for each served version, the one clients should prefer first. */
export function kindsOfDefinition(definition: KnownDefinition): readonly KindDescriptor[] {
  const served = definition.spec.versions.filter((version) => version.served);
  return served.toSorted((left, right) => compareVersions(left.name, right.name)).map((version) => kindOfVersion(definition, version));
}

function kindOfVersion({ spec }: KnownDefinition, version: DefinitionVersion): KindDescriptor {
  const { plural, singular, shortNames, kind, categories } = completeNames(spec);
  const structural = version.schema?.openAPIV3Schema as StructuralSchema;
  const scale = version.subresources?.scale;
  const descriptor: KindDescriptor = {
    group: spec.group,
    version: version.name,
    storageVersion: storageVersionOf(spec).name,
    kind,
    plural,
    singular,
    shortNames,
    categories,
    namespaced: spec.scope === "Namespaced",
    custom: true,
    schema: schemaOfStructural(structural),
    status: version.subresources?.status !== undefined,
    table: columnsOfVersion(version) satisfies readonly TableColumn[],
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.slice(1)),
    description: structural.description ?? "",
    readAs: createReader(structural),
    ...(scale === undefined
      ? {}
      : {
          scale: {
            specReplicas: scale.specReplicasPath,
            statusReplicas: scale.statusReplicasPath,
            ...(scale.labelSelectorPath === undefined ? {} : { labelSelector: scale.labelSelectorPath }),
          },
        }),
    ...(version.deprecated === true ? { warnings: () => [deprecation(spec.group, version, kind)] } : {}),
  };
  if (!hasRules(structural)) return Object.freeze(descriptor);
  return Object.freeze({
    ...descriptor,
    validate: (object: KubeObject) => stateErrors(rootPlace(structural, object)),
    validateUpdate: (object: KubeObject, old: KubeObject) => transitionErrors({ place: rootPlace(structural, object), old }),
  });
}

function deprecation(group: string, { name, deprecationWarning }: DefinitionVersion, kind: string): { path: string; message: string } {
  return { path: "", message: deprecationWarning ?? `${group}/${name} ${kind} is deprecated` };
}

/** A zod schema that prunes, defaults and judges as the structural schema says. */
function schemaOfStructural(structural: StructuralSchema): z.ZodType {
  const schema = z.unknown().transform((value, context) => {
    const unknown = unknownFieldsOf(rootPlace(structural, value));
    for (const { path, names } of unknown) {
      context.issues.push({ code: "unrecognized_keys", keys: [...names], path: [...path], input: undefined });
    }
    if (unknown.length > 0) return z.NEVER;
    const copy = structuredClone(value);
    applyDefaults(rootPlace(structural, copy));
    for (const { path, message, reason } of validationErrors(rootPlace(structural, copy))) {
      context.issues.push({ code: "custom", message, params: { field: path, reason }, path: [], input: value });
    }
    return copy;
  });
  adoptStructural(schema, withoutImplicit(structural));
  return schema;
}

/** The server says itself what these are (src/model/crd.ts). */
function withoutImplicit(structural: StructuralSchema): StructuralSchema {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...properties } = structural.properties ?? {};
  return { ...structural, properties };
}

/** Prunes and defaults what was written through another version or before the schema changed; remembers what it made. */
function createReader(structural: StructuralSchema): (object: KubeObject) => KubeObject {
  const seen = new WeakMap<KubeObject, KubeObject>();
  return (object) => {
    let read = seen.get(object);
    if (read === undefined) seen.set(object, (read = readThrough(structural, object)));
    return read;
  };
}

function readThrough(structural: StructuralSchema, object: KubeObject): KubeObject {
  const unknown = unknownFieldsOf(rootPlace(structural, object));
  const copy = structuredClone(object);
  removeUnknown(copy, unknown);
  applyDefaults(rootPlace(structural, copy));
  // Mostly nothing differs, and the text of the object can be used as it is.
  return JSON.stringify(copy) === JSON.stringify(object) ? object : copy;
}

function rootPlace(schema: StructuralSchema, value: unknown): Place {
  return { schema, path: [], value, isObjectRoot: true };
}
