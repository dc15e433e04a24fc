import { createHash } from "node:crypto";
import { VERSION } from "../../lib/version.ts";
import { objectSchemaOf } from "../../model/crd.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { servedVersions } from "../../model/registry.ts";
import { HttpError } from "../http.ts";
import { answerJson } from "./answer.ts";
import { METADATA_PROPERTY, OBJECT_META_SCHEMAS } from "./object-meta.ts";
import { openApiPathsOf, schemaName } from "./openapi-paths.ts";
import { OPENAPI_V2_ASKED, OPENAPI_V2_SENT, openApiV2Document } from "./openapi-v2.ts";
import type { Reply } from "./send.ts";

export interface OpenApi {
  /** Answers /openapi/v3 and what it points to, and /openapi/v2 where its one form is accepted. Throws 404 for other paths. */
  answer(reply: Reply, path: string): void;
}

/**
 * OpenAPI v3, one document for each group and version. kubectl reads it for `explain`, to learn whether
 * the server can judge unknown fields and dry runs, and keeps it on disk by the hash in its URL.
 */
export function createOpenApi(groups: ReadonlyMap<string, readonly KindDescriptor[]>): OpenApi {
  const documents = new Map<string, { readonly json: object; readonly hash: string }>();
  for (const [group, kinds] of groups) {
    for (const version of new Set(kinds.flatMap(servedVersions))) {
      const json = documentOf(
        version,
        kinds.filter((kind) => servedVersions(kind).includes(version)),
      );
      const hash = createHash("sha256").update(JSON.stringify(json)).digest("hex").toUpperCase();
      documents.set(group === "" ? `api/${version}` : `apis/${group}/${version}`, { json, hash });
    }
  }
  const paths = Object.fromEntries(
    [...documents].map(([name, { hash }]) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }]),
  );
  let v2: Uint8Array | undefined;
  return {
    answer(reply, path) {
      if (path === "/openapi/v2") {
        requireProtobuf(reply.request.headers.accept ?? "*/*");
        v2 ??= openApiV2Document([...groups.values()].flat());
        reply.response.writeHead(200, { "Content-Type": OPENAPI_V2_SENT, "Content-Length": v2.byteLength }).end(v2);
        return;
      }
      if (path === "/openapi/v3") return answerJson(reply, { paths });
      const document = documents.get(path.replace(/^\/openapi\/v3\//, ""));
      if (document === undefined) throw new HttpError(404, "NotFound", "the server could not find the requested resource");
      answerJson(reply, document.json, { ETag: `"${document.hash}"` });
    },
  };
}

function requireProtobuf(accept: string): void {
  if ([OPENAPI_V2_ASKED, OPENAPI_V2_SENT, "*/*"].some((form) => accept.includes(form))) return;
  throw new HttpError(406, "NotAcceptable", `OpenAPI v2 is served as ${OPENAPI_V2_SENT} only; /openapi/v3 is JSON`);
}

function documentOf(version: string, kinds: readonly KindDescriptor[]): object {
  const schemas: Record<string, object> = {};
  for (const kind of kinds) {
    const gvk = [{ group: kind.group, version, kind: kind.kind }];
    const schema = objectSchemaOf(kind);
    schemas[schemaName(kind, version)] = {
      ...schema,
      properties: { ...(schema.properties as object), metadata: METADATA_PROPERTY },
      "x-kubernetes-group-version-kind": gvk,
    };
  }
  return {
    openapi: "3.0.0",
    info: { title: "meshctl", version: VERSION },
    paths: Object.assign({}, ...kinds.map((kind) => openApiPathsOf(kind, version))) as object,
    components: { schemas: { ...schemas, ...OBJECT_META_SCHEMAS } },
  };
}
