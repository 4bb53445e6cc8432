import type { ReadUsage } from './reader.ts';
import { describe, isFields, type Fields } from './counts.ts';

/**
 * The cost a provider itself reports in its usage object:
 * - OpenRouter, https://openrouter.ai/docs/use-cases/usage-accounting: `cost`, USD, charged to the account there. For a
 *   request with a key of one's own (`is_byok`) that is OpenRouter's fee only; the maker charges
 *   `cost_details.upstream_inference_cost` besides.
 * - xAI, https://docs.x.ai/developers/cost-tracking: `cost_in_usd_ticks`, 1e-10 USD, all discounts applied.
 * An unusable cost is left out, with the reason.
 */
export function reportedCost(raw: unknown): Pick<ReadUsage, 'reportedNusd' | 'costError'> {
  if (!isFields(raw)) return {};
  const { cost, cost_in_usd_ticks: ticks } = raw;
  if (ticks !== undefined && ticks !== null) {
    if (!isAmount(ticks) || !Number.isSafeInteger(ticks)) return unusable('cost_in_usd_ticks', ticks);
    return { reportedNusd: Math.floor((ticks + 5) / 10) };
  }
  if (cost === undefined || cost === null) return {};
  if (!isAmount(cost)) return unusable('cost', cost);
  const upstream = raw['is_byok'] === true ? upstreamCost(raw) : 0;
  if (!isAmount(upstream)) return unusable('cost_details.upstream_inference_cost', upstream);
  const nusd = Math.round((cost + upstream) * 1e9);
  return Number.isSafeInteger(nusd) ? { reportedNusd: nusd } : unusable('cost', cost);
}

function upstreamCost(raw: Fields): unknown {
  const details = raw['cost_details'];
  return isFields(details) ? details['upstream_inference_cost'] : undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function unusable(name: string, value: unknown): Pick<ReadUsage, 'costError'> {
  return { costError: `usage.${name} is ${describe(value)}, not an amount of money` };
}
