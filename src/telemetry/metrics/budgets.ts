import { metrics } from '../../catalogue/metrics.ts';
import type { BudgetUse } from '../../protocol/rows.ts';
import { bounded, counter, gauge, type CreateFamily } from './family.ts';

/**
 * Budgets in force, read at scrape, and the calls they refused. Where several share the labels (one of each run under
 * way), the fullest is shown.
 */
export const budgets: CreateFamily = (registry, prefix, sources) => {
  const name = bounded(metrics.budget_limit.labels.name);
  const amounts = {
    budget_limit: (use: BudgetUse) => amount(use, use.limit),
    budget_used: (use: BudgetUse) => amount(use, use.used),
    budget_reserved: (use: BudgetUse) => amount(use, use.reserved),
    budget_ratio: (use: BudgetUse) => use.ratio,
  } as const;

  for (const series of Object.keys(amounts) as (keyof typeof amounts)[]) {
    gauge(registry, prefix, series, (metric) => {
      metric.reset();
      for (const use of emptiestFirst(sources.budgets())) {
        metric.set(
          { name: name(use.name), resource: use.resource, scope: use.scope, window: use.window },
          amounts[series](use),
        );
      }
    });
  }
  gauge(registry, prefix, 'budget_warning', (metric) => {
    metric.reset();
    for (const use of emptiestFirst(sources.budgets())) {
      metric.set(
        { name: name(use.name), resource: use.resource, scope: use.scope },
        use.ratio > sources.warnAt() ? 1 : 0,
      );
    }
  });

  const refused = new Map<string, { labels: Record<string, string>; count: number }>();
  const refusals = (of: Pick<BudgetUse, 'name' | 'resource' | 'scope'>): { count: number } => {
    const labels = { name: name(of.name), resource: of.resource, scope: of.scope };
    const key = JSON.stringify(labels);
    const entry = refused.get(key) ?? { labels, count: 0 };
    refused.set(key, entry);
    return entry;
  };
  counter(registry, prefix, 'budget_exceeded_total', (metric) => {
    metric.reset();
    for (const use of sources.budgets()) refusals(use);
    for (const { labels, count } of refused.values()) metric.inc(labels, count);
  });

  return {
    observe(event) {
      if (event.type === 'budget_refused') refusals(event).count += 1;
    },
  };
};

function amount(use: BudgetUse, value: number): number {
  return use.resource === 'usd' ? value / 1e9 : value;
}

function emptiestFirst(uses: readonly BudgetUse[]): readonly BudgetUse[] {
  return uses.toSorted((a, b) => a.ratio - b.ratio);
}
