import { counter, histogram, type CreateFamily } from './family.ts';

/** Decisions of the budget gate, decompositions, and failures by category. */
export const gate: CreateFamily = (registry, prefix) => {
  const decisions = counter(registry, prefix, 'budget_gate_decisions_total');
  const decompositions = counter(registry, prefix, 'decompositions_total');
  const depth = histogram(registry, prefix, 'decomposition_depth');
  const failures = counter(registry, prefix, 'failures_total');
  return {
    observe(event) {
      if (event.type === 'failure') failures.inc({ category: event.category });
      if (event.type !== 'gate_decided') return;
      decisions.inc({ decision: event.decision });
      if (event.decision !== 'decompose') return;
      decompositions.inc();
      depth.observe({}, event.depth);
    },
  };
};
