import type { AnsweredTier } from '../../core/ports.ts';
import type { Tokens } from '../../protocol/rows.ts';

/** What one answer used. */
export interface ReadUsage {
  /** Null when the provider sent no usage, or an unusable one. */
  readonly tokens: Tokens | null;
  /** Why the usage is unusable: the field and its value. */
  readonly error?: string;
  /** A cost the provider itself reports, nano-dollars. */
  readonly reportedNusd?: number;
  /** Why the cost the provider reports is unusable: the field and its value. */
  readonly costError?: string;
  readonly serviceTier?: AnsweredTier;
}

/** How a provider's usage objects are read. Each provider's shape is known in one file only. */
export interface UsageReader {
  /** An answer may carry usage in several events: what two of them, in order, say together. Counts are never added up. */
  readonly combine: (before: unknown, now: unknown) => unknown;
  /** `raw` as the provider sent it; never throws. */
  readonly read: (raw: unknown) => ReadUsage;
}

/** Later events repeat the whole usage so far, or only the last has any: the last one is the truth. */
export const lastWins: UsageReader['combine'] = (_, now) => now;
