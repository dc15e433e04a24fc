import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { injectText } from "../../src/inject/text/inject-text.ts";
import { readNamespaces } from "../../src/inject/text/namespaces.ts";
import type { TextEdits } from "../../src/inject/text/result.ts";
import { applySplices } from "../../src/inject/text/splices.ts";
import { uninjectText } from "../../src/inject/text/uninject-text.ts";
import { DEFAULT_VALUES, type InjectValues } from "../../src/inject/values.ts";
import { kubernetesProblem } from "./kube-schema.ts";

type Value = null | string | number | boolean | Value[] | { [key: string]: Value };
type Fields = { [key: string]: Value };

export function inject(text: string, values: InjectValues = DEFAULT_VALUES): { readonly edits: TextEdits; readonly out: string } {
  const edits = injectText(text, { values, namespace: "", namespaces: readNamespaces(text) });
  return { edits, out: applySplices(text, edits.splices) };
}

export function uninject(text: string): string {
  const { splices, problems } = uninjectText(text);
  assert.deepEqual(problems, []);
  return applySplices(text, splices);
}

/** Every invariant of injection on one text without problems; returns how many workloads were injected. */
export function holdsInvariants(text: string, values: InjectValues = DEFAULT_VALUES): number {
  const { edits, out } = inject(text, values);
  assert.deepEqual(edits.problems, []);
  const injected = edits.workloads.filter(({ outcome }) => outcome === "injected");
  if (injected.length === 0) assert.equal(out, text, "nothing injected, nothing changed");
  const [before, after] = [objectsOf(text), objectsOf(out)];
  assert.equal(after.length, before.length, "as many objects");
  for (const [index, object] of before.entries()) onlyAdditions(object, after[index] ?? null, "");
  for (const [index, object] of after.entries()) {
    if (isInjected(object))
      assert.equal(kubernetesProblem(object as never), kubernetesProblem(before[index] as never), JSON.stringify(object.metadata));
  }
  assert.equal(after.filter(isInjected).length, injected.length, "each says that it is injected");
  const again = inject(out, values);
  assert.deepEqual(again.edits.problems, []);
  assert.equal(again.out, out, "twice is once");
  assert.ok(again.edits.workloads.every(({ outcome }) => outcome === "unchanged" || outcome === "skipped"));
  assert.equal(uninject(out), text, "uninject gives the bytes back");
  assert.equal(
    applySplices(
      text,
      edits.splices.filter(({ start, end }) => end > start).map((splice) => ({ ...splice, text: "" })),
    ).length + removedLength(edits),
    text.length,
  );
  for (const { start, end } of edits.splices) assert.match(text.slice(start, end), REPLACED);
  return injected.length;
}

/** Text that may go: handlers of probes and hooks, nothing (null, {}, []), the grace period, and an alias that is written out. */
const REPLACED =
  /^(|['"]?(httpGet|tcpSocket|grpc)['"]?\s*:[^]*|\? ['"]?(httpGet|tcpSocket|grpc)[^]*|~|null|\{\s*\}|\[\s*\]|[0-9]+|\*[a-z0-9-]+)$/;

function removedLength({ splices }: TextEdits): number {
  return splices.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Objects of every document, lists opened; read by the YAML library alone, with its own view of merges and aliases. */
export function objectsOf(text: string): Fields[] {
  const documents = parseAllDocuments(text, { merge: true, version: "1.1" });
  assert.ok(Array.isArray(documents));
  return documents.flatMap((document) => {
    assert.deepEqual(document.errors, []);
    return opened(document.toJS({ maxAliasCount: -1 }) as Fields | null);
  });
}

function opened(value: Fields | null): Fields[] {
  if (value === null) return [];
  const { kind, apiVersion, items } = value;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [value];
  return items.flatMap((item) =>
    opened(kind === "List" ? (item as Fields) : { apiVersion: apiVersion ?? null, kind: kind.slice(0, -4), ...(item as Fields) }),
  );
}

function isInjected(object: Fields): boolean {
  return JSON.stringify(object).includes('"meshctl.dev/injected"');
}

const OURS = /^meshctl-/;
const HANDLERS = ["httpGet", "tcpSocket", "grpc"];

/** What was there is there still: but for handlers, null and empty values, and a grace period that has grown. */
function onlyAdditions(before: Value, after: Value, path: string): void {
  if (before === null) return;
  if (Array.isArray(before)) {
    assert.ok(Array.isArray(after), path);
    const kept = after.filter((item) => !(isFields(item) && typeof item.name === "string" && OURS.test(item.name)));
    assert.equal(
      kept.length,
      before.filter((item) => !(isFields(item) && typeof item.name === "string" && OURS.test(item.name))).length,
      path,
    );
    for (const [index, item] of before.entries()) onlyAdditions(item, kept[index] ?? null, `${path}[${index}]`);
    return;
  }
  if (isFields(before)) {
    assert.ok(isFields(after), path);
    const isHandler = /(Probe|postStart|preStop)$/.test(path);
    for (const [key, value] of Object.entries(before)) {
      if (isHandler && HANDLERS.includes(key) && /"port":15020/.test(JSON.stringify(after))) continue;
      onlyAdditions(value, after[key] ?? null, `${path}.${key}`);
    }
    return;
  }
  if (path.endsWith(".terminationGracePeriodSeconds")) assert.ok(Number(after) >= Number(before), path);
  else assert.deepEqual(after, before, path);
}

function isFields(value: Value | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
