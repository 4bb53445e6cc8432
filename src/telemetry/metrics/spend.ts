import { metrics } from '../../catalogue/metrics.ts';
import { modelRoles, tokenKinds, type ModelRole } from '../../catalogue/states.ts';
import { bounded, counter, type CreateFamily } from './family.ts';

/**
 * Tokens and money of settled calls. Money is summed in integer nano-dollars and divided once, at scrape, so that
 * the value times 1e9 rounds to the exact sum (up to 2^51 nano-dollars, some two million dollars).
 */
export const spend: CreateFamily = (registry, prefix, sources) => {
  const known = sources.known();
  const agent = bounded(metrics.tokens_total.labels.agent, known.agents);
  const model = bounded(metrics.tokens_total.labels.model, known.models);
  const spent = new Map<string, Map<ModelRole, number>>();
  const of = (name: string): Map<ModelRole, number> => {
    const roles = spent.get(name) ?? new Map<ModelRole, number>(modelRoles.map((role) => [role, 0]));
    spent.set(name, roles);
    return roles;
  };

  const tokens = counter(registry, prefix, 'tokens_total');
  counter(registry, prefix, 'usd_spend_total', (metric) => {
    metric.reset();
    for (const [name, roles] of spent) {
      for (const [role, nusd] of roles) metric.inc({ model: name, role }, nusd / 1e9);
    }
  });

  const overruns = counter(registry, prefix, 'bound_overruns_total');
  const startAtZero = (agentLabel: string, modelLabel: string): void => {
    of(modelLabel);
    overruns.inc({ model: modelLabel }, 0);
    for (const role of modelRoles) {
      for (const kind of tokenKinds) tokens.inc({ agent: agentLabel, model: modelLabel, role, kind }, 0);
    }
  };
  startAtZero('other', 'other');
  for (const a of known.agents) for (const m of known.models) startAtZero(agent(a), model(m));

  return {
    observe(event) {
      if (event.type !== 'call_settled') return;
      const labels = { agent: agent(event.agent), model: model(event.model), role: event.role };
      for (const kind of tokenKinds) tokens.inc({ ...labels, kind }, event.tokens[kind]);
      if (event.overrun.nusd > 0 || event.overrun.tokens > 0) overruns.inc({ model: labels.model });
      const roles = of(labels.model);
      roles.set(event.role, (roles.get(event.role) ?? 0) + event.nusd);
    },
  };
};
