import { formatInteger, formatUsd } from '../protocol/money.ts';
import type { SpanRow } from '../protocol/rows.ts';
import { formatDuration, oneLine } from '../protocol/text.ts';
import { traceOtlp } from './trace-otlp.ts';

export type TraceFormat = 'tree' | 'json' | 'otlp';

/** One trace as text: an indented tree for people, the rows as JSON, or an OTLP/JSON ExportTraceServiceRequest. */
export function traceText(spans: readonly SpanRow[], format: TraceFormat, version: string): string {
  switch (format) {
    case 'tree':
      return traceTree(spans);
    case 'json':
      return `${JSON.stringify(spans, null, 2)}\n`;
    case 'otlp':
      return `${JSON.stringify(traceOtlp(spans, version), null, 2)}\n`;
  }
}

/**
 * One line per span: name, status if not ok, duration, tokens, money. A span whose parent is not in the rows is drawn
 * as a root and says so; every row is drawn exactly once, whatever the parent ids are.
 */
export function traceTree(spans: readonly SpanRow[]): string {
  if (spans.length === 0) return 'The trace has no spans.\n';
  const children = new Map<string | null, SpanRow[]>();
  const known = new Set(spans.map((span) => span.spanId));
  for (const span of spans) {
    const parent = span.parentSpanId !== null && known.has(span.parentSpanId) ? span.parentSpanId : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  for (const list of children.values()) list.sort((a, b) => a.startedAt - b.startedAt);

  const lines: string[] = [];
  const drawn = new Set<SpanRow>();
  const draw = (roots: readonly SpanRow[]): void => {
    const stack = roots.map((span) => ({ span, first: '', rest: '' })).reverse();
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, first, rest } = next;
      if (drawn.has(span)) continue;
      drawn.add(span);
      lines.push(first + describe(span, known), ...remarks(span).map((remark) => `${rest}    ${remark}`));
      const below = children.get(span.spanId) ?? [];
      for (let i = below.length - 1; i >= 0; i -= 1) {
        const child = below[i];
        if (child === undefined) continue;
        const last = i === below.length - 1;
        stack.push({ span: child, first: `${rest}${last ? '└─ ' : '├─ '}`, rest: `${rest}${last ? '   ' : '│  '}` });
      }
    }
  };
  draw(children.get(null) ?? []);
  // What is left hangs in a circle of parents.
  for (const span of spans) if (!drawn.has(span)) draw([span]);
  return `${lines.join('\n')}\n`;
}

function describe(span: SpanRow, known: ReadonlySet<string>): string {
  const parts = [oneLine(span.name, 120)];
  if (span.status !== 'ok') parts.push(`[${span.status}]`);
  if (span.durationMs !== null) parts.push(formatDuration(span.durationMs));
  if (span.tokens > 0) parts.push(`${formatInteger(span.tokens)} tokens`);
  if (span.nusd > 0) parts.push(`${span.estimated ? '~' : ''}${formatUsd(span.nusd)}`);
  else if (span.attributes['haios.priced'] === false) parts.push('unpriced');
  if (span.parentSpanId !== null && !known.has(span.parentSpanId)) parts.push('(its parent is not in the trace)');
  return parts.join('  ');
}

function remarks(span: SpanRow): readonly string[] {
  return span.error === null ? [] : [`! ${oneLine(span.error, 300)}`];
}
