import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import jsonPatch from "fast-json-patch";
import { injectPod } from "../../../src/inject/inject-pod.ts";
import { toJsonPatch } from "../../../src/inject/json-patch.ts";
import { DEFAULT_VALUES } from "../../../src/inject/values.ts";
import { holdsInvariants, inject, objectsOf } from "../../support/inject-invariants.ts";

type Fields = Record<string, unknown>;

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
const text = fc.oneof(
  word,
  fc.constantFrom(
    "",
    " x ",
    "yes",
    "0755",
    "1e3",
    "a: b",
    "#no",
    "- x",
    "it's",
    'say "hi"',
    "ü 😀",
    "two\nlines\n",
    "*star",
    "&and",
    "{}",
    "null",
    "~",
  ),
);
const port = fc.integer({ min: 1, max: 9999 });

const handler = fc.oneof(
  fc.record({ httpGet: fc.record({ path: fc.constantFrom("/", "/a?b=c", "/ü"), port: fc.oneof(port, fc.constant("main")) }) }),
  fc.record({ tcpSocket: fc.record({ port }) }),
  fc.record({ grpc: fc.record({ port }, { requiredKeys: ["port"] }) }),
  fc.record({ exec: fc.record({ command: fc.array(text, { minLength: 1, maxLength: 2 }) }) }),
);
const probe = fc
  .tuple(handler, fc.record({ periodSeconds: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }))
  .map(([left, right]) => ({ ...right, ...left }));

const container = fc.record(
  {
    image: word,
    ports: fc.tuple(port).map(([containerPort]) => [{ name: "main", containerPort }]),
    env: fc.array(fc.record({ name: word, value: text }), { maxLength: 2 }),
    livenessProbe: probe,
    readinessProbe: probe,
    lifecycle: fc.record({ preStop: fc.constant({ httpGet: { path: "/bye", port: 80 } }) }),
    resources: fc.constantFrom({}, { limits: { cpu: "1" } }),
  },
  { requiredKeys: ["image", "ports"] },
);

const named = (items: readonly Fields[], prefix: string): Fields[] => items.map((item, index) => ({ name: `${prefix}${index}`, ...item }));

const spec = fc
  .record(
    {
      containers: fc.array(container, { minLength: 1, maxLength: 3 }).map((items) => named(items, "c")),
      initContainers: fc.oneof(
        fc.constant(null),
        fc.constant([]),
        fc.array(container, { maxLength: 2 }).map((items) =>
          named(
            items.map(({ image }) => ({ image })),
            "i",
          ),
        ),
      ),
      volumes: fc.oneof(fc.constant(null), fc.constant([]), fc.constant([{ name: "v", emptyDir: {} }])),
      terminationGracePeriodSeconds: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 90 })),
      nodeSelector: fc.dictionary(word, word, { maxKeys: 2 }),
      hostname: word,
    },
    { requiredKeys: ["containers"] },
  )
  .chain((value) =>
    fc.shuffledSubarray(Object.keys(value), { minLength: Object.keys(value).length }).map((keys) => pick(value as Fields, keys)),
  );

const metadata = fc.oneof(
  fc.constant(null),
  fc.constant({}),
  fc.record(
    {
      name: word,
      labels: fc.oneof(fc.constant(null), fc.dictionary(word, word, { maxKeys: 2 })),
      annotations: fc.oneof(fc.constant(null), fc.dictionary(word, text, { maxKeys: 2 })),
    },
    { requiredKeys: [] },
  ),
);

const pod = fc.tuple(metadata, spec).map(([meta, body]) => ({ ...(meta === null ? {} : { metadata: meta }), spec: body }));

const workload = fc.tuple(pod, fc.constantFrom("Pod", "Deployment", "CronJob")).map(([template, kind]): Fields => {
  if (kind === "Pod") return { apiVersion: "v1", kind, ...template };
  if (kind === "Deployment")
    return { apiVersion: "apps/v1", kind, metadata: { name: "d" }, spec: { selector: { matchLabels: { a: "b" } }, template } };
  return { apiVersion: "batch/v1", kind, metadata: { name: "j" }, spec: { schedule: "@daily", jobTemplate: { spec: { template } } } };
});

/** Ways of writing the same object. */
interface Style {
  readonly indent: number;
  readonly indentSeq: boolean;
  readonly flow: boolean;
  readonly json: boolean;
  readonly quotes: "QUOTE_DOUBLE" | "QUOTE_SINGLE" | "PLAIN";
  readonly width: number;
  readonly anchors: boolean;
  readonly crlf: boolean;
  readonly cut: boolean;
  readonly comments: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  indent: fc.constantFrom(1, 2, 3, 4, 8),
  indentSeq: fc.boolean(),
  flow: fc.boolean(),
  json: fc.boolean(),
  quotes: fc.constantFrom("QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN"),
  width: fc.constantFrom(0, 20, 80),
  anchors: fc.boolean(),
  crlf: fc.boolean(),
  cut: fc.boolean(),
  comments: fc.boolean(),
});

function write(value: Fields, how: Style): string {
  if (how.json) return JSON.stringify(value, null, how.flow ? 0 : how.indent);
  let out = stringify(value, {
    indent: how.indent,
    indentSeq: how.indentSeq,
    collectionStyle: how.flow ? "flow" : "any",
    defaultStringType: how.quotes,
    defaultKeyType: "PLAIN",
    lineWidth: how.width,
    aliasDuplicateObjects: how.anchors,
    version: "1.1",
  });
  // Not within text that goes over lines: there it would be text.
  if (how.comments && !how.flow && !/[|>][-+0-9]*\n|\n\n|"/.test(out) && how.width === 0)
    out = out.replaceAll(/^( *)(\S)/gm, "$1# words\n$1$2");
  if (how.crlf) out = out.replaceAll("\n", "\r\n");
  return how.cut ? out.trimEnd() : out;
}

function pick(value: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}

/** The same object in several places becomes an anchor and its aliases. */
function shared(value: Fields): Fields {
  const seen = new Map<string, unknown>();
  return JSON.parse(JSON.stringify(value), (_, each: unknown) => {
    if (typeof each !== "object" || each === null) return each;
    const key = JSON.stringify(each);
    if (!seen.has(key)) seen.set(key, each);
    return seen.get(key);
  }) as Fields;
}

describe("injection of any manifest in any style", () => {
  it("adds only, twice is once, and uninject gives the bytes back", () => {
    fc.assert(
      fc.property(fc.array(workload, { minLength: 1, maxLength: 3 }), style, fc.boolean(), (workloads, how, native) => {
        const source = how.anchors && !how.json ? workloads.map(shared) : workloads;
        const written = source.map((each) => write(each, how));
        const stream = how.json ? (written[0] ?? "") : written.join(how.cut ? "\n---\n" : "---\n");
        const values = { ...DEFAULT_VALUES, settings: { ...DEFAULT_VALUES.settings, nativeSidecar: native } };
        holdsInvariants(stream, values);
      }),
      { numRuns: 300 },
    );
  });

  it("splices say the same as JSON Patch", () => {
    fc.assert(
      fc.property(pod, style, (template, how) => {
        const object = { apiVersion: "v1", kind: "Pod", ...template };
        const decision = injectPod(object as never, { workload: "pod/(no name)", namespace: "", namespaceOpt: null }, DEFAULT_VALUES);
        assert.equal(decision.outcome, "inject");
        if (decision.outcome !== "inject") return;
        const patched = jsonPatch.applyPatch(JSON.parse(JSON.stringify(object)), toJsonPatch(decision.edits) as never).newDocument;
        const named = (object.metadata as Fields | undefined)?.name;
        const [spliced] = objectsOf(inject(write(object, how)).out);
        assert.deepEqual(withoutRecord(spliced, named), withoutRecord(patched, named));
      }),
      { numRuns: 200 },
    );
  });
});

/** Without what only the text knows: the record, and the name it is known by. */
function withoutRecord(value: unknown, name: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) => {
      if (key === "meshctl.dev/injection") return "";
      return each === `pod/${String(name)}` ? "pod/(no name)" : each;
    }),
  );
}
