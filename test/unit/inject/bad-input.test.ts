import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { uninjectText } from "../../../src/inject/text/uninject-text.ts";
import { holdsInvariants, inject } from "../../support/inject-invariants.ts";

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a, image: a}\n";

/** One problem at that place, and nothing that could be written by mistake. */
function fails(text: string, line: number, column: number, message: RegExp): void {
  const { problems } = inject(text).edits;
  assert.ok(problems.length > 0, "a problem");
  assert.match(problems[0]?.message ?? "", message);
  assert.deepEqual([problems[0]?.line, problems[0]?.column], [line, column], problems[0]?.message);
  assert.ok(uninjectText(text).problems.length >= 0, "uninject does not throw either");
}

describe("bad input is told with its place", () => {
  it("anchors that contain themselves", () => {
    fails(POD.replace("{name: p}", "&m {name: p, annotations: *m}"), 3, 37, /\*m stands for something that contains it/);
    fails(`${POD}---\na: &a [*a]\n`, 8, 8, /contains it/);
  });

  it("aliases of nothing", () => fails(POD.replace("{name: p}", "*gone"), 3, 11, /unresolved alias|no anchor/i));

  it("aliases of aliases that would fill memory", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level += 1)
      bomb.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    fails(`${POD}${bomb.join("\n")}\n`, 7, 34, /aliases make more than 200,000 values/);
  });

  it("tabs", () => fails(POD.replace("  containers", "\tcontainers"), 5, 1, /not valid YAML/));
  it("keys that stand there twice", () => fails(`${POD}kind: Pod\n`, 7, 1, /key "kind" stands there twice/));
  it("keys twice in flow style", () => fails(POD.replace("image: a", "image: a, name: b"), 6, 25, /key "name" stands there twice/));
  it("templates of Helm", () => {
    const { problems } = inject(POD.replace("{name: p}", "\n  name: {{ .Release.Name }}\n  {{- include x . }}")).edits;
    assert.match(JSON.stringify(problems[0]), /Helm/);
  });
  it("what is no object", () => {
    fails("- a\n- b\n", 1, 1, /not an object/);
    fails("just words\n", 1, 1, /not an object/);
    fails("apiVersion: v1\nkind: List\nitems:\n- [1, 2]\n", 4, 3, /not an object/);
  });
  it("null where an object is needed", () => {
    fails("apiVersion: apps/v1\nkind: Deployment\nspec:\n", 3, 1, /spec\.template\.spec: is required/);
    fails("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: null\n", 4, 1, /spec: must be an object/);
    fails("apiVersion: v1\nkind: Pod\n", 1, 1, /spec: is required/);
    fails("apiVersion: v1\nkind: Pod\nspec: {containers: [null]}\n", 3, 21, /is required/);
    fails("apiVersion: v1\nkind: Pod\nspec: {containers: words}\n", 3, 8, /at least one container/);
  });
  it("lists of lists of lists", () => {
    let list = POD.replaceAll("\n", "\n    ");
    list = "kind: Pod";
    for (let depth = 0; depth < 8; depth += 1) list = `{apiVersion: v1, kind: List, items: [${depth === 0 ? "{}" : list}]}`;
    assert.match(inject(`${list}\n`).edits.problems[0]?.message ?? "", /lists of lists/);
  });
  it("nesting deeper than any stack", () => {
    const { problems } = inject(`${POD}---\na: ${"[".repeat(60_000)}${"]".repeat(60_000)}\n`).edits;
    assert.match(problems[0]?.message ?? "", /nested too deeply|not valid YAML/);
  });
  it("annotations that are no text", () => {
    fails(POD.replace("{name: p}", "{name: p, annotations: {meshctl.dev/concurrency: 2}}"), 3, 35, /concurrency"\]: 2 is not text/);
  });
  it("annotations and labels that are no mapping", () => {
    fails(POD.replace("{name: p}", "{name: p, labels: [a]}"), 3, 21, /labels: must be an object/);
  });
  it("a record that is not ours", () => {
    fails(POD.replace("{name: p}", "{name: p, annotations: {meshctl.dev/injection: 'x'}}"), 1, 1, /not one that this version/);
    assert.equal(uninjectText(POD.replace("{name: p}", "{name: p, annotations: {meshctl.dev/injection: 'x'}}")).problems.length, 1);
  });
});

describe("odd input that is right", () => {
  it("nothing, blanks, comments, markers", () => {
    for (const text of ["", "\n", "---\n", "---\n---\n...\n", "# words\n", "\ufeff", "\ufeff---\n", "null\n", "--- ~\n"]) {
      assert.equal(holdsInvariants(text), 0);
    }
  });
  it("other line breaks, marks, no line break at the end", () => {
    assert.equal(holdsInvariants(POD.replaceAll("\n", "\r\n")), 1);
    assert.equal(holdsInvariants(`\ufeff${POD}`), 1);
    assert.equal(holdsInvariants(POD.trimEnd()), 1);
    assert.equal(holdsInvariants(`${POD}...\n# after\n---\n${POD}`), 2);
  });
  it("tabs where they may stand", () =>
    assert.equal(holdsInvariants(POD.replace("image: a", "image:\ta").replace("{name: p}", "{name: p}\t# words")), 1));
  it("one scalar of ten megabytes", () => {
    const text = `${POD}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  big: "${"x".repeat(10_000_000)}"\n`;
    const { edits, out } = inject(text);
    assert.deepEqual(edits.problems, []);
    assert.ok(out.length > text.length);
  });
  it("a mapping of 100,000 keys", () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `  k${index}: v`).join("\n");
    assert.equal(inject(`apiVersion: v1\nkind: ConfigMap\ndata:\n${keys}\n`).edits.problems.length, 0);
  });
  it("a stream of 10,000 documents", () => {
    const documents = Array.from({ length: 10_000 }, (_, index) =>
      index % 100 === 0 ? POD : `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${index}}\n`,
    );
    const { edits } = inject(documents.join("---\n"));
    assert.deepEqual(edits.problems, []);
    assert.equal(edits.workloads.length, 100);
  });
  it("known kinds in unknown versions stay as they are", () => {
    const text = POD.replace("apiVersion: v1", "apiVersion: v2").concat("---\n", POD.replace("apiVersion: v1\n", ""));
    const { edits, out } = inject(text);
    assert.equal(out, text);
    assert.deepEqual(
      edits.workloads.map(({ code }) => code),
      ["unknown-version", "unknown-version"],
    );
  });
  it("keys called __proto__ and constructor", () => {
    assert.equal(holdsInvariants(POD.replace("{name: p}", "{name: p, labels: {constructor: a, toString: b}}")), 1);
    assert.deepEqual(inject(POD.replace("{name: p}", "{name: p, labels: {__proto__: x}}")).edits.problems, []);
  });
});
