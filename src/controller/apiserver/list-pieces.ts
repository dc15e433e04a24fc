import { stringify } from "yaml";
import { formatApiVersion } from "../../model/api-version.ts";
import type { Negotiated } from "./negotiate.ts";
import type { Outcome } from "./outcome.ts";
import { partialOf } from "./partial.ts";
import { presentObject } from "./present.ts";
import { presentationOf } from "./presentation.ts";
import type { ResourceRequest } from "./request.ts";
import type { Stored } from "./store/contract.ts";
import { tableOf } from "./table.ts";

/** Rows of a table that are made at once. */
const TABLE_ROWS = 100;

/** The text of a list, its entries one after the other. */
export function* listPieces(
  request: ResourceRequest,
  { items, revision, next }: Extract<Outcome, { type: "list" }>,
  wanted: Negotiated,
  nowMs: number,
): Generator<string> {
  const metadata = {
    resourceVersion: String(revision),
    ...(next === undefined ? {} : { continue: next.token }),
    ...(next?.remaining === undefined ? {} : { remainingItemCount: next.remaining }),
  };
  const { head, field, entries } = formOf(request, items, wanted, nowMs);
  if (wanted.format === "yaml") {
    yield stringify({ ...head, metadata }, { aliasDuplicateObjects: false });
    yield `${field}:${items.length === 0 ? " []" : ""}\n`;
    for (const entry of entries) yield stringify([JSON.parse(entry)], { aliasDuplicateObjects: false });
    return;
  }
  yield `${JSON.stringify({ ...head, metadata }).slice(0, -1)},"${field}":[`;
  let separator = "";
  for (const entry of entries) {
    yield separator + entry;
    separator = ",";
  }
  yield "]}";
}

interface ListForm {
  readonly head: object;
  readonly field: "items" | "rows";
  /** JSON text of each entry. */
  readonly entries: Iterable<string>;
}

function formOf(request: ResourceRequest, items: readonly Stored[], wanted: Negotiated, nowMs: number): ListForm {
  const { kind, version } = request;
  const form = presentationOf(request, wanted, nowMs);
  switch (form.as) {
    case "Table": {
      const { rows: _rows, metadata: _metadata, ...head } = tableOf(kind, [], "", form.options) as Record<string, unknown>;
      return { head, field: "rows", entries: rowTexts((some) => tableOf(kind, some, "", form.options), items) };
    }
    case "PartialObjectMetadata":
      return {
        head: { kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${form.version}` },
        field: "items",
        entries: texts(items, (stored) => JSON.stringify(partialOf(stored, form.version))),
      };
    case "object":
      return {
        head: { kind: `${kind.kind}List`, apiVersion: formatApiVersion(kind.group, version) },
        field: "items",
        // The texts of the items exist already: parsing and printing them again would cost most of a list's time.
        entries: texts(items, (stored) => presentObject(kind, version, stored, form)),
      };
  }
}

function* texts(items: readonly Stored[], textOf: (stored: Stored) => string): Generator<string> {
  for (const stored of items) yield textOf(stored);
}

function* rowTexts(tableOfSome: (items: readonly Stored[]) => object, items: readonly Stored[]): Generator<string> {
  for (let start = 0; start < items.length; start += TABLE_ROWS) {
    const { rows } = tableOfSome(items.slice(start, start + TABLE_ROWS)) as { rows: readonly object[] };
    for (const row of rows) yield JSON.stringify(row);
  }
}
