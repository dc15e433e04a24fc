import { parseJsonPath } from "../../../model/json-path.ts";
import type { KubeObject } from "../../../model/object.ts";
import { DNS_LABEL, DNS_SUBDOMAIN } from "../../../model/names.ts";
import type { StructuralSchema } from "../../../model/structural-schema.ts";
import { isEstablished, readDefinition } from "./definition.ts";
import type { DefinitionSpec, DefinitionVersion } from "./definition-schema.ts";
import { defaultErrors } from "./schema/default-check.ts";
import { type FieldError, fieldError, invalidValue, requiredValue, unsupportedValue } from "./schema/field-error.ts";
import { ruleErrors, unevaluatedRules } from "./schema/rule-check.ts";
import { structuralErrors } from "./schema/structural-check.ts";

/** A name that may begin with no digit (RFC 1035), as kinds and plurals are used in identifiers. */
const DNS_1035 = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const APPROVAL = "api-approved.kubernetes.io";
/** Causes of one refusal. */
const MAX_ERRORS = 100;

/** What a CustomResourceDefinition's schema cannot say of it. */
export function definitionErrors(object: KubeObject): readonly FieldError[] {
  const { metadata, spec } = readDefinition(object);
  const found: FieldError[] = [];
  if (metadata.name !== `${spec.names.plural}.${spec.group}`) {
    found.push(invalidValue("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (!DNS_SUBDOMAIN.test(spec.group) || !spec.group.includes(".")) {
    found.push(invalidValue("spec.group", spec.group, "should be a domain with at least one dot"));
  }
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group) && metadata.annotations?.[APPROVAL] === undefined) {
    const why = `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`;
    found.push(requiredValue(`metadata.annotations[${APPROVAL}]`, why));
  }
  found.push(...nameErrors(spec), ...versionErrors(spec));
  if (spec.conversion.strategy !== "None") {
    found.push(unsupportedValue("spec.conversion.strategy", spec.conversion.strategy, ["None"]));
  }
  if (spec.preserveUnknownFields === true) {
    found.push(invalidValue("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema"));
  }
  return found.slice(0, MAX_ERRORS);
}

/** Rules of its schemas that are kept and not evaluated. */
export function definitionWarnings(object: KubeObject): readonly FieldError[] {
  return readDefinition(object).spec.versions.flatMap(({ schema }, index) => {
    const where = `spec.versions[${index}].schema.openAPIV3Schema`;
    return unevaluatedRules((schema?.openAPIV3Schema ?? {}) as StructuralSchema, where);
  });
}

function nameErrors({ names }: DefinitionSpec): FieldError[] {
  const found: FieldError[] = [];
  const words: [string, string | undefined][] = [
    ["plural", names.plural],
    ["singular", names.singular],
    ...(names.shortNames ?? []).map((word, index): [string, string] => [`shortNames[${index}]`, word]),
    ["kind", names.kind.toLowerCase()],
    ["listKind", names.listKind?.toLowerCase()],
  ];
  for (const [field, word] of words) {
    if (word === undefined || DNS_1035.test(word)) continue;
    found.push(
      invalidValue(
        `spec.names.${field}`,
        word,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      ),
    );
  }
  if (names.listKind === names.kind)
    found.push(invalidValue("spec.names.listKind", names.listKind, "kind and listKind may not be the same"));
  return found;
}

function versionErrors({ versions }: DefinitionSpec): FieldError[] {
  const found: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}]`;
    if (seen.has(version.name)) found.push(invalidValue("spec.versions", version.name, "must contain unique version names"));
    seen.add(version.name);
    if (!DNS_LABEL.test(version.name)) found.push(invalidValue(`${path}.name`, version.name, "must be a DNS label: v1, v1beta1"));
    found.push(...schemaErrors(version, path), ...columnErrors(version, path), ...scaleErrors(version, path));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    found.push(invalidValue("spec.versions", [...seen], "must have exactly one version marked as storage version"));
  }
  return found;
}

function schemaErrors({ schema }: DefinitionVersion, path: string): FieldError[] {
  const where = `${path}.schema.openAPIV3Schema`;
  if (schema?.openAPIV3Schema === undefined) return [requiredValue(where, "schemas are required")];
  const notStructural = structuralErrors(schema.openAPIV3Schema, where);
  if (notStructural.length > 0) return notStructural;
  const structural = schema.openAPIV3Schema as StructuralSchema;
  return [...defaultErrors(structural, where), ...ruleErrors(structural, where)];
}

function columnErrors({ additionalPrinterColumns = [] }: DefinitionVersion, path: string): FieldError[] {
  return additionalPrinterColumns.flatMap(({ jsonPath }, index) => {
    if (jsonPath.startsWith(".") && parseJsonPath(jsonPath) !== null) return [];
    return [invalidValue(`${path}.additionalPrinterColumns[${index}].jsonPath`, jsonPath, "must be a simple json path with leading .")];
  });
}

function scaleErrors({ subresources }: DefinitionVersion, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const where = `${path}.subresources.scale`;
  const simple = (jsonPath: string, start: string): boolean => jsonPath.startsWith(start) && /^(\.[A-Za-z_][\w-]*)+$/.test(jsonPath);
  const found: FieldError[] = [];
  if (!simple(scale.specReplicasPath, ".spec.")) {
    found.push(invalidValue(`${where}.specReplicasPath`, scale.specReplicasPath, "should be a json path under .spec"));
  }
  if (!simple(scale.statusReplicasPath, ".status.")) {
    found.push(invalidValue(`${where}.statusReplicasPath`, scale.statusReplicasPath, "should be a json path under .status"));
  }
  return found;
}

/** What may not change once objects may exist, and which versions may not go. */
export function changeErrors(object: KubeObject, before: KubeObject): readonly FieldError[] {
  const { spec: next, status } = readDefinition(object);
  const old = readDefinition(before);
  const found: FieldError[] = [];
  const keep = (path: string, now: string, was: string): void => {
    if (now !== was) found.push(invalidValue(path, now, "field is immutable"));
  };
  keep("spec.group", next.group, old.spec.group);
  keep("spec.names.plural", next.names.plural, old.spec.names.plural);
  if (isEstablished(old)) {
    keep("spec.scope", next.scope, old.spec.scope);
    keep("spec.names.kind", next.names.kind, old.spec.names.kind);
  }
  const stored = status?.storedVersions ?? old.status?.storedVersions ?? [];
  for (const [index, name] of stored.entries()) {
    if (next.versions.some((version) => version.name === name)) continue;
    const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    found.push(fieldError(`status.storedVersions[${index}]`, "FieldValueInvalid", `Invalid value: ${JSON.stringify(name)}: ${why}`));
  }
  return found;
}
