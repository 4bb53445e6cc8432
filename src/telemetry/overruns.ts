import type { CoreEvent } from '../core/events.ts';
import { exactUsd } from '../protocol/money.ts';
import type { Log } from './log.ts';

/** Logs each call that cost more than was held for it: a defect of the bound, with its size. */
export function logOverruns(log: Log): (event: CoreEvent) => void {
  return (event) => {
    if (event.type !== 'call_settled') return;
    const { callId, model, overrun } = event;
    if (overrun.nusd === 0 && overrun.tokens === 0) return;
    log.warn('A call cost more than was reserved for it; the bound is wrong', {
      callId,
      model,
      usd: exactUsd(overrun.nusd),
      tokens: overrun.tokens,
    });
  };
}
