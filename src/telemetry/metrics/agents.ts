import { agentTiers, type AgentTier } from '../../catalogue/lanes.ts';
import { counter, gauge, histogram, type CreateFamily } from './family.ts';

/** Agents at work, how long each took to start, and the messages between them. */
export const agents: CreateFamily = (registry, prefix) => {
  const active: Record<AgentTier, number> = { lead: 0, worker: 0 };
  gauge(registry, prefix, 'active_agents', (metric) => {
    for (const tier of agentTiers) metric.set({ tier }, active[tier]);
  });
  const started = counter(registry, prefix, 'agents_started_total');
  const startup = histogram(registry, prefix, 'agent_startup_duration_seconds');
  const sent = counter(registry, prefix, 'inter_agent_messages_total');
  const dropped = counter(registry, prefix, 'inter_agent_messages_dropped_total');
  return {
    observe(event) {
      switch (event.type) {
        case 'agent_started':
          active[event.tier] += 1;
          started.inc();
          startup.observe({}, event.startupMs / 1000);
          break;
        case 'agent_ended':
          active[event.tier] -= 1;
          break;
        case 'messages_sent':
          sent.inc(event.count);
          break;
        case 'messages_dropped':
          dropped.inc(event.count);
          break;
        default:
          break;
      }
    },
  };
};
