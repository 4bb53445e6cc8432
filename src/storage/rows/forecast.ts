import type { Range } from '../../protocol/messages.ts';
import type { Fields } from '../sql.ts';
import type { ForecastRow } from '../storage.ts';

export function forecastFields({ runId, at, type, promptChars, workspaceFiles, forecast }: ForecastRow): Fields {
  const range = forecast.kind === 'range' ? forecast : null;
  return {
    run_id: runId,
    at: Math.round(at),
    type,
    prompt_chars: promptChars,
    workspace_files: workspaceFiles,
    samples: forecast.samples,
    ...limits('duration_ms', range?.durationMs ?? null),
    ...limits('tokens', range?.tokens ?? null),
    ...limits('usd_nusd', range?.nusd ?? null),
    ...limits('mem_bytes', range?.memBytes ?? null),
  };
}

function limits(column: string, range: Range | null): Fields {
  return {
    [`low_${column}`]: range?.low ?? null,
    [`middle_${column}`]: range?.middle ?? null,
    [`high_${column}`]: range?.high ?? null,
  };
}
