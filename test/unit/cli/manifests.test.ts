import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseFieldPath } from "../../../src/lib/field-path.ts";
import { parseManifests } from "../../../src/cli/manifests/parse.ts";
import { MAX_SOURCE_BYTES, readSources } from "../../../src/cli/manifests/read.ts";
import { formatProblem } from "../../../src/cli/manifests/source.ts";
import { validateManifests } from "../../../src/cli/manifests/validate.ts";
import { UserError } from "../../../src/lib/errors.ts";
import { CORE_KINDS } from "../../../src/model/core-kinds.ts";
import { OPAQUE_KINDS } from "../../../src/model/opaque-kinds.ts";
import { createKindRegistry } from "../../../src/model/registry.ts";

const kinds = createKindRegistry([...CORE_KINDS, ...OPAQUE_KINDS]);
const parse = (text: string) => parseManifests({ name: "f.yaml", text });

/** `line:column message` of every problem in a text, of syntax or of validation. */
function problemsOf(text: string, required?: string): string[] {
  const { documents, problems } = parse(text);
  const found = [...problems, ...validateManifests(documents, kinds, { fallback: "default", ...(required ? { required } : {}) }).problems];
  return found.map(formatProblem);
}

const service = (name: string, extra = "") =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  ports:\n    - port: 80\n${extra}`;

describe("manifests", () => {
  it("reads many documents, skips empty ones, opens lists", () => {
    const { documents, problems } = parse(
      `---\n# nothing\n---\n${service("a")}---\n{"kind":"List","items":[{"kind":"X"},{"kind":"Y"}]}\n---\nnull\n`,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      documents.map(({ value }) => value.kind),
      ["Service", "X", "Y"],
    );
    assert.deepEqual(documents[2]?.locate(["kind"]), { line: 12, column: 39 });
  });

  it("reads JSON", () => {
    const { documents, problems } = parse('{\n\t"apiVersion": "v1",\n\t"kind": "Namespace",\n\t"metadata": {"name": "x"}\n}');
    assert.deepEqual(problems, []);
    assert.deepEqual(documents[0]?.locate(["metadata", "name"]), { line: 4, column: 15 });
  });

  it("says where YAML is broken", () => {
    assert.match(problemsOf("a: b\n  c: d\n")[0] ?? "", /^f\.yaml:\d+:\d+: not valid YAML: /);
    assert.match(problemsOf("a: 1\na: 2\n")[0] ?? "", /^f\.yaml:2:1: not valid YAML: map keys must be unique/);
    assert.match(problemsOf("- a\n- b\n")[0] ?? "", /^f\.yaml:1:1: not an object: .* found a list/);
    assert.match(problemsOf("just words\n")[0] ?? "", /found text/);
  });

  it("does not blow up on aliases", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e", "f", "g"].map((name, index) => `${name}: &${name} [${`*${"abcdef"[index]},`.repeat(9)}]`),
    ];
    assert.match(problemsOf(bomb.join("\n"))[0] ?? "", /alias/i);
  });

  const table: [string, string, RegExp][] = [
    [
      "an unknown field, with what was meant",
      service("a").replace("port: 80", "prot: 80"),
      /f\.yaml:7:7: spec\.ports\[0\]\.prot: unknown field\n +did you mean "port"\?/,
    ],
    ["a wrong type", service("a").replace("port: 80", "port: eighty"), /^f\.yaml:7:7: spec\.ports\[0\]\.port: must be/],
    ["a missing field, at its parent", "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n", /^f\.yaml:1:1: spec: is required/],
    [
      "an unknown kind, with what was meant",
      service("a").replace("kind: Service", "kind: Servce"),
      /^f\.yaml:2:1: kind: there is no kind Servce in v1\n +did you mean Service\?/,
    ],
    [
      "a kind of another version",
      service("a").replace("v1", "v2"),
      /^f\.yaml:1:1: apiVersion: Service is not of v2\n +write apiVersion: v1/,
    ],
    ["no kind", "apiVersion: v1\n", /^f\.yaml:1:1: kind: is required/],
    ["no apiVersion", "kind: Service\n", /apiVersion: is required/],
    ["no metadata", "apiVersion: v1\nkind: Service\nspec: {}\n", /metadata: is required/],
    ["no name", "apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {ports: [{port: 80}]}\n", /^f\.yaml:3:1: metadata\.name: is required/],
    ["a bad name", service("A_b"), /^f\.yaml:4:3: metadata\.name: must/],
    [
      "a namespace where there is none",
      "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  namespace: b\n",
      /^f\.yaml:5:3: metadata\.namespace: Namespace has no namespace/,
    ],
    ["a number that is none", service("a").replace("port: 80", "port: .nan"), /^f\.yaml:7:7: spec\.ports\[0\]\.port: must be/],
  ];
  for (const [name, text, expected] of table) {
    it(`refuses ${name}`, () => assert.match(problemsOf(text).join("\n"), expected));
  }

  it("tells every problem, not the first", () => {
    const text = `${service("a").replace("port: 80", "prot: 80")}---\n${service("B")}---\n${service("c")}---\n${service("c")}`;
    const found = problemsOf(text);
    assert.equal(found.length, 3, found.join("\n"));
    assert.match(found[2] ?? "", /^f\.yaml:28:3: metadata\.name: Service default\/c stands there twice\n +first at f\.yaml:20:3$/);
  });

  it("takes objects of the same name in different namespaces, and refuses those --namespace excludes", () => {
    const text = `${service("a\n  namespace: x")}---\n${service("a\n  namespace: y")}`;
    assert.deepEqual(problemsOf(text), []);
    assert.match(problemsOf(text, "x").join("\n"), /^f\.yaml:14:3: metadata\.namespace: is y, but --namespace says x$/);
  });

  it("never fails on any text, and places every problem in it", () => {
    const pieces = fc.constantFrom(
      "a:",
      " ",
      "\n",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "&x",
      "*x",
      "---\n",
      "kind: Service\n",
      "apiVersion: v1\n",
      "metadata:\n",
      "  name: b\n",
      "!!binary ",
      "|\n",
      "? ",
      "<<: ",
      '"',
      "\t",
      "\u0085",
      "null",
      "~",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces, { maxLength: 40 }).map((list) => list.join("")),
        ),
        (text) => {
          const { documents, problems } = parse(text);
          const found = [...problems, ...validateManifests(documents, kinds, { fallback: "default" }).problems];
          const lines = text.split("\n").length + 1;
          for (const { line = 0, column = 0 } of found)
            assert.ok(line >= 1 && line <= lines && column >= 1, JSON.stringify({ text, line, column }));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("fills in the namespace", () => {
    const { documents } = parse(service("a"));
    assert.equal(validateManifests(documents, kinds, { fallback: "shop" }).manifests[0]?.object.metadata.namespace, "shop");
  });

  it("reads field paths as violations write them", () => {
    assert.deepEqual(parseFieldPath("spec.rules[0].backendRefs[12].weight"), ["spec", "rules", 0, "backendRefs", 12, "weight"]);
    assert.deepEqual(parseFieldPath("metadata.labels[a.b/c]"), ["metadata", "labels", "a.b/c"]);
    assert.deepEqual(parseFieldPath("metadata.labels['x']"), ["metadata", "labels", "x"]);
    assert.deepEqual(parseFieldPath(""), []);
  });
});

describe("reading what -f names", () => {
  const cwd = mkdtempSync(join(tmpdir(), "meshctl-read-"));
  process.on("exit", () => rmSync(cwd, { recursive: true, force: true }));
  const read = (names: string[], { recursive = false, input = "" } = {}) =>
    readSources(names, { cwd, recursive, stdin: Readable.from([input]) });
  mkdirSync(join(cwd, "dir/deep"), { recursive: true });
  mkdirSync(join(cwd, "empty"));
  writeFileSync(join(cwd, "dir/b.yaml"), "b");
  writeFileSync(join(cwd, "dir/a.json"), "a");
  writeFileSync(join(cwd, "dir/notes.txt"), "x");
  writeFileSync(join(cwd, "dir/deep/c.YML"), "\ufeffc");

  it("takes files, directories in order, and stdin", async () => {
    const names = async (...args: Parameters<typeof read>) => (await read(...args)).map(({ name }) => name);
    assert.deepEqual(await names(["dir"]), ["dir/a.json", "dir/b.yaml"]);
    assert.deepEqual(await names(["dir"], { recursive: true }), ["dir/a.json", "dir/b.yaml", "dir/deep/c.YML"]);
    assert.deepEqual(await names(["-", "dir/notes.txt"], { input: "hello" }), ["-", "dir/notes.txt"]);
    assert.equal((await read(["dir/deep/c.YML"]))[0]?.text, "c", "a byte-order mark is not content");
  });

  const refused: [string, () => Promise<unknown>, RegExp][] = [
    ["what does not exist", () => read(["nowhere.yaml"]), /nowhere\.yaml does not exist/],
    ["a directory without manifests", () => read(["empty"]), /empty holds no/],
    ["stdin twice", () => read(["-", "-"]), /stdin can be read once/],
    [
      "a zero byte",
      () => {
        writeFileSync(join(cwd, "bin.yaml"), Buffer.from([97, 0, 98]));
        return read(["bin.yaml"]);
      },
      /not a text file \(a zero byte at offset 1\)/,
    ],
    [
      "what is not UTF-8",
      () => {
        writeFileSync(join(cwd, "latin.yaml"), Buffer.from([0x61, 0xff, 0xfe]));
        return read(["latin.yaml"]);
      },
      /not UTF-8/,
    ],
    [
      "a file that is too large",
      () => {
        writeFileSync(join(cwd, "big.yaml"), "a".repeat(5_000_000));
        return read(["big.yaml"]);
      },
      /too large for a manifest \(over 5\.0 MB/,
    ],
    ["a stream that is too large", () => read(["-"], { input: "a".repeat(MAX_SOURCE_BYTES + 1) }), /too large/],
  ];
  for (const [name, attempt, expected] of refused) {
    it(`refuses ${name}`, () => assert.rejects(attempt, (error: unknown) => error instanceof UserError && expected.test(error.message)));
  }
});
