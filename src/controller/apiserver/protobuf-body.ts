import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { messageOf } from "../../lib/errors.ts";
import { badRequest } from "./status.ts";

/** The media type in which kubectl 1.32 and newer ask questions of access, and only in it. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Field number → its name in JSON, and what is in it. */
interface Shape {
  readonly [number: number]: readonly [name: string, type: "string" | "strings" | "int" | Shape];
}

/** Numbers: generated.proto of k8s.io/api/authorization/v1 and authentication/v1. */
const ACCESS: Shape = {
  1: [
    "resourceAttributes",
    {
      1: ["namespace", "string"],
      2: ["verb", "string"],
      3: ["group", "string"],
      4: ["version", "string"],
      5: ["resource", "string"],
      6: ["subresource", "string"],
      7: ["name", "string"],
    },
  ],
  2: ["nonResourceAttributes", { 1: ["path", "string"], 2: ["verb", "string"] }],
};
const BOUND_OBJECT: Shape = { 1: ["kind", "string"], 2: ["apiVersion", "string"], 3: ["name", "string"], 4: ["uid", "string"] };

/** The `spec` of each kind that is read from protobuf. */
const SPECS: Readonly<Record<string, Shape>> = {
  SelfSubjectAccessReview: ACCESS,
  SubjectAccessReview: { ...ACCESS, 3: ["user", "string"], 4: ["groups", "strings"], 6: ["uid", "string"] },
  LocalSubjectAccessReview: { ...ACCESS, 3: ["user", "string"], 4: ["groups", "strings"], 6: ["uid", "string"] },
  SelfSubjectRulesReview: { 1: ["namespace", "string"] },
  SelfSubjectReview: {},
  TokenReview: { 1: ["token", "string"], 2: ["audiences", "strings"] },
  TokenRequest: { 1: ["audiences", "strings"], 3: ["boundObjectRef", BOUND_OBJECT], 4: ["expirationSeconds", "int"] },
};
/** Every object: metadata 1, spec 2, status 3. Who asks sets neither the first nor the last. */
const SPEC = 2;

/** `k8s` and a zero byte stand before every message (k8s.io/apimachinery/pkg/runtime/serializer/protobuf). */
const MAGIC = Buffer.from("k8s\0", "latin1");
const UNKNOWN = { typeMeta: 1, raw: 2 } as const;
const TYPE_META: Shape = { 1: ["apiVersion", "string"], 2: ["kind", "string"] };

/**
 * A question in Kubernetes' protobuf as the value its JSON would be; null for any other kind. Fields that are empty are left out, as JSON
 * does, and fields that no table here has are read over. Throws 400 for bytes that are no such message.
 */
export function decodeQuestion(bytes: Buffer): Record<string, unknown> | null {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw badRequest("the body is not Kubernetes protobuf: it does not begin with k8s and a zero byte");
  try {
    const envelope = readFields(new BinaryReader(bytes.subarray(MAGIC.length)));
    const { apiVersion, kind } = readMessage(envelope.get(UNKNOWN.typeMeta), TYPE_META);
    const shape = Object.hasOwn(SPECS, String(kind)) ? SPECS[String(kind)] : undefined;
    if (shape === undefined) return null;
    const spec = readFields(new BinaryReader(lastBytes(envelope.get(UNKNOWN.raw)))).get(SPEC);
    return { apiVersion, kind, metadata: {}, spec: readMessage(spec, shape) };
  } catch (error) {
    throw badRequest(`the body is not Kubernetes protobuf: ${messageOf(error)}`);
  }
}

type Raw = readonly (Uint8Array | number)[];

/** Every field's values as they stand: bytes, or a number. */
function readFields(reader: BinaryReader): Map<number, (Uint8Array | number)[]> {
  const fields = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = type === WireType.LengthDelimited ? reader.bytes() : type === WireType.Varint ? Number(reader.int64()) : null;
    if (value === null) reader.skip(type, number);
    else fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

function readMessage(raw: Raw | undefined, shape: Shape): Record<string, unknown> {
  const fields = readFields(new BinaryReader(lastBytes(raw)));
  const message: Record<string, unknown> = {};
  for (const [number, [name, type]] of Object.entries(shape)) {
    const values = fields.get(Number(number));
    if (values === undefined) continue;
    if (type === "strings") message[name] = values.map(text);
    else if (type === "int") message[name] = values.at(-1);
    else if (type !== "string") message[name] = readMessage(values, type);
    else if (text(values.at(-1)) !== "") message[name] = text(values.at(-1));
  }
  return message;
}

/** The last one counts where a field stands several times. */
function lastBytes(raw: Raw | undefined): Uint8Array {
  const last = raw?.at(-1) ?? new Uint8Array();
  if (typeof last === "number") throw new Error("a number stands where a message is expected");
  return last;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function text(value: Uint8Array | number | undefined): string {
  if (typeof value === "number") throw new Error("a number stands where text is expected");
  return utf8.decode(value ?? new Uint8Array());
}
