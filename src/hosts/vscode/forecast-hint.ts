import { forecastParts } from '../../protocol/forecast-text.ts';
import type { ForecastQuery } from '../../protocol/messages.ts';
import type { RuntimeHost } from './runtime-host.ts';

/** What such a run usually takes, in one line; null when that cannot be said now. Never rejects. */
export async function forecastHint(host: Pick<RuntimeHost, 'request'>, query: ForecastQuery): Promise<string | null> {
  try {
    const forecast = await host.request('forecast', query);
    if (forecast.kind === 'not_enough_history') return 'Not enough history yet to say what it usually takes.';
    return `Usually ${forecastParts(forecast).join(' · ')}.`;
  } catch {
    // A forecast is an extra: what is wrong with the run is said when it is started.
    return null;
  }
}
