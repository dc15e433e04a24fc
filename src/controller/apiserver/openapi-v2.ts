import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { VERSION } from "../../lib/version.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { servedVersions } from "../../model/registry.ts";
import { openApiPathsOf } from "./openapi-paths.ts";

/** What kubectl up to 1.28 asks /openapi/v2 for, and the only form it reads. An `@` may not stand in a media type, so answers name it otherwise. */
export const OPENAPI_V2_ASKED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
export const OPENAPI_V2_SENT = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** Fields of gnostic's `openapi.v2` messages (openapiv2/OpenAPIv2.proto of google/gnostic) that are written here. */
const DOCUMENT = { swagger: 1, info: 2, paths: 8 } as const;
const INFO = { title: 1, version: 2 } as const;
const PATHS = { path: 2 } as const;
/** Every `Named…` message. */
const NAMED = { name: 1, value: 2 } as const;
const PATH_ITEM = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;
const OPERATION = { parameters: 8, vendorExtension: 13 } as const;
const PARAMETERS_ITEM = { parameter: 1 } as const;
const PARAMETER = { nonBody: 2 } as const;
const NON_BODY_PARAMETER = { query: 3 } as const;
const QUERY_PARAMETER = { in: 2, description: 3, name: 4, type: 6 } as const;
const ANY = { yaml: 2 } as const;

interface Operation {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly description: string;
    readonly schema: { readonly type: string };
  }[];
  readonly "x-kubernetes-group-version-kind": object;
}

/**
 * The paths of all kinds with their operations, as an `openapi.v2.Document` in protobuf. It has no definitions: kubectl 1.27 and 1.28 look
 * in it only for whether `patch` of a kind takes `fieldValidation` and `dryRun`, and apply nothing without an answer; schemas are read from v3.
 */
export function openApiV2Document(kinds: readonly KindDescriptor[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(DOCUMENT.swagger, 2).string("2.0");
  nested(writer, DOCUMENT.info, () => {
    writer.tag(INFO.title, 2).string("meshctl");
    writer.tag(INFO.version, 2).string(VERSION);
  });
  nested(writer, DOCUMENT.paths, () => {
    for (const kind of kinds) {
      for (const version of servedVersions(kind)) {
        for (const [path, item] of Object.entries(openApiPathsOf(kind, version))) {
          named(writer, PATHS.path, path, () => pathItem(writer, item as Readonly<Record<string, Operation>>));
        }
      }
    }
  });
  return writer.finish();
}

function pathItem(writer: BinaryWriter, item: Readonly<Record<string, Operation>>): void {
  for (const [method, field] of Object.entries(PATH_ITEM)) {
    const operation = item[method];
    if (operation === undefined) continue;
    nested(writer, field, () => {
      for (const parameter of operation.parameters) queryParameter(writer, parameter);
      const kind = operation["x-kubernetes-group-version-kind"];
      named(writer, OPERATION.vendorExtension, "x-kubernetes-group-version-kind", () => {
        // JSON is YAML.
        writer.tag(ANY.yaml, 2).string(JSON.stringify(kind));
      });
    });
  }
}

function queryParameter(writer: BinaryWriter, parameter: Operation["parameters"][number]): void {
  nested(writer, OPERATION.parameters, () =>
    nested(writer, PARAMETERS_ITEM.parameter, () =>
      nested(writer, PARAMETER.nonBody, () =>
        nested(writer, NON_BODY_PARAMETER.query, () => {
          writer.tag(QUERY_PARAMETER.in, 2).string(parameter.in);
          writer.tag(QUERY_PARAMETER.description, 2).string(parameter.description);
          writer.tag(QUERY_PARAMETER.name, 2).string(parameter.name);
          writer.tag(QUERY_PARAMETER.type, 2).string(parameter.schema.type);
        }),
      ),
    ),
  );
}

function named(writer: BinaryWriter, field: number, name: string, value: () => void): void {
  nested(writer, field, () => {
    writer.tag(NAMED.name, 2).string(name);
    nested(writer, NAMED.value, value);
  });
}

function nested(writer: BinaryWriter, field: number, content: () => void): void {
  writer.tag(field, 2).fork();
  content();
  writer.join();
}
