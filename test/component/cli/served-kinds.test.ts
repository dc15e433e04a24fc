/** Kinds that only the server knows: registered by a CustomResourceDefinition while it runs. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type CliMesh, type CliOptions, startCliMesh } from "../../support/cli.ts";

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wd]}
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties: {size: {type: integer, minimum: 1, description: How large it is.}}
`;
const widget = (size: number | string): CliOptions => ({
  stdin: `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: one}\nspec:\n  size: ${size}\n`,
});

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
});
after(() => mesh.close());

async function prints(argv: readonly string[], expected: RegExp | string, options: CliOptions = {}): Promise<void> {
  const { code, stdout, stderr } = await mesh.cli(argv, options);
  assert.equal(code, 0, stdout + stderr);
  if (typeof expected === "string") assert.equal(stdout, expected);
  else assert.match(stdout, expected);
}

async function refuses(argv: readonly string[], exitCode: number, expected: RegExp, options: CliOptions = {}): Promise<void> {
  const { code, stderr } = await mesh.cli(argv, options);
  assert.match(stderr, expected);
  assert.equal(code, exitCode, stderr);
}

test("a kind that came while the server runs is a kind like any other", async () => {
  await refuses(["get", "widgets"], 1, /there is no kind "widgets"/);
  await refuses(["apply", "-f", "-"], 1, /there is no kind Widget in example\.com\/v1/, widget(3));
  await prints(["apply", "-f", "-"], "customresourcedefinition.apiextensions.k8s.io/widgets.example.com created\n", { stdin: DEFINITION });
  await prints(["wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout", "20s"], /condition met/);
  await prints(["api-resources", "--api-group", "example.com"], /^NAME .*\nwidgets +wd +example\.com\/v1 +true +Widget\n$/);
  await prints(["api-resources", "--api-group=example.com", "--namespaced", "--no-headers", "-o", "wide"], /^widgets /);
  await prints(["apply", "-f", "-"], "widget.example.com/one created\n", widget(3));
  await prints(["diff", "-f", "-"], "", widget(3));
  await refuses(["apply", "-f", "-"], 1, /nothing was applied:\n {2}-:5:3: spec\.size: /, widget(0));
  await prints(["get", "wd"], /^NAME +SIZE +AGE\none +3 +\d+s\n$/);
  await prints(["get", "widgets.example.com/one", "svc/none", "--ignore-not-found", "-o", "name"], "widget.example.com/one\n");
  await prints(["label", "widget", "one", "a=b"], "widget.example.com/one labeled\n");
  await prints(["describe", "wd", "one"], /Kind: +Widget\n(.*\n)*Spec:\n {2}Size: 3\n/);
  await prints(["explain", "widget.spec.size"], /FIELD: +spec\.size <integer>\n\nHow large it is\.\n/);
  await refuses(["explain", "wd.spec.sise"], 1, /Widget\.spec has no field sise\n +Did you mean size\?/);
  const editor = join(mesh.home, "larger");
  writeFileSync(editor, '#!/bin/sh\nsed -i "s/size: 3/size: 4/" "$1"\n', { mode: 0o755 });
  await prints(["edit", "wd", "one"], "widget.example.com/one edited\n", { env: { EDITOR: editor } });
  await prints(["get", "wd", "-o", "jsonpath={.items[*].spec.size}"], "4");
  await prints(["delete", "wd", "--all"], 'widget.example.com "one" deleted\n');
});
