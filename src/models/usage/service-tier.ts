import type { AnsweredTier } from '../../core/ports.ts';

/**
 * The tier a provider says it served a call at; undefined where it says nothing. OpenAI: `default`, `flex`, `priority`
 * (of late also `fast`), `scale`, `ultrafast` (https://developers.openai.com/api/docs/api-reference/responses, `service_tier`);
 * Anthropic: `standard`, `priority`, `batch` (https://platform.claude.com/docs/en/api/service-tiers); Groq: `on_demand`.
 * `auto` is a wish and names no tier. What is not known is `other`, whose price is not known either.
 */
export function tierOf(said: unknown): AnsweredTier | undefined {
  switch (said) {
    case undefined:
    case null:
    case '':
    case 'auto':
      return undefined;
    case 'default':
    case 'standard':
    case 'on_demand':
      return 'standard';
    case 'fast':
      return 'priority';
    case 'batch':
    case 'flex':
    case 'priority':
      return said;
    default:
      return 'other';
  }
}
