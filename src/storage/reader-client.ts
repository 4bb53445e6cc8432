import type { Reader } from './storage.ts';
import type { ThreadClient } from './thread/client.ts';
import type { ReaderOperations } from './thread/messages.ts';

/** The Reader over its thread. */
export function readerOver(thread: ThreadClient<ReaderOperations>): Reader {
  const ask = <M extends keyof Reader>(
    method: M,
    ...params: Parameters<Reader[M]>
  ): Promise<ReaderOperations[M]['result']> => thread.request(method, params, 'DATABASE_UNAVAILABLE');
  return {
    runs: (query) => ask('runs', query),
    run: (idOrG) => ask('run', idOrG),
    tasks: (runId) => ask('tasks', runId),
    spans: (runId, parentSpanId) => ask('spans', runId, parentSpanId),
    trace: (runId) => ask('trace', runId),
    payload: (spanId) => ask('payload', spanId),
    checkpoint: (runId) => ask('checkpoint', runId),
    artefacts: (runId) => ask('artefacts', runId),
    issues: (filter) => ask('issues', filter),
    calls: (query) => ask('calls', query),
    call: (callId) => ask('call', callId),
    entries: (callId) => ask('entries', callId),
    settled: (query) => ask('settled', query),
    settlements: (query) => ask('settlements', query),
    used: (query) => ask('used', query),
    reports: (times) => ask('reports', times),
    costs: (query) => ask('costs', query),
    total: (query) => ask('total', query),
    pastRuns: (query) => ask('pastRuns', query),
    backTest: (query) => ask('backTest', query),
    integrity: () => ask('integrity'),
  };
}
