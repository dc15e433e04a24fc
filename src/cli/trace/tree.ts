import type { TraceSpan } from "../../api/contract.ts";

export interface TreeSpan {
  readonly span: TraceSpan;
  /** 0 for a span whose parent is not in the trace. */
  readonly depth: number;
}

/** Children below their parents, each group by start. Every span stands there once, even where parents go in a circle. */
export function spanTree(spans: readonly TraceSpan[]): readonly TreeSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, TraceSpan[]>();
  for (const span of [...spans].sort((a, b) => a.offsetMs - b.offsetMs)) {
    const above = ids.has(span.parentSpanId) ? span.parentSpanId : "";
    const group = children.get(above);
    if (group === undefined) children.set(above, [span]);
    else group.push(span);
  }
  const tree: TreeSpan[] = [];
  const seen = new Set<string>();
  const visit = (span: TraceSpan, depth: number): void => {
    if (seen.has(span.spanId)) return;
    seen.add(span.spanId);
    tree.push({ span, depth });
    for (const child of children.get(span.spanId) ?? []) visit(child, depth + 1);
  };
  for (const span of children.get("") ?? []) visit(span, 0);
  for (const span of spans) visit(span, 0);
  return tree;
}
