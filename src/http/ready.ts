import type { StorageHealth } from '../storage/storage.ts';
import type { ExporterState } from '../telemetry/export.ts';

interface Readiness {
  readonly mode: 'dev_fast' | 'strict';
  readonly storage: StorageHealth;
  /** Required series that `/metrics` lacks. */
  readonly missingSeries: readonly string[];
  readonly exporter: ExporterState;
}

/** Why the runtime is not ready, a sentence each; empty when it is (CATALOGUE §2). */
export function reasonsNotReady({ mode, storage, missingSeries, exporter }: Readiness): readonly string[] {
  const reasons: string[] = [];
  if (storage.history !== 'ok') reasons.push(`The history database is ${storage.history}.`);
  if (storage.ledger !== 'ok') reasons.push(`The ledger is ${storage.ledger}.`);
  if (missingSeries.length > 0) reasons.push(`/metrics lacks required series: ${missingSeries.join(', ')}.`);
  if (mode === 'dev_fast') return reasons;
  switch (exporter.kind) {
    case 'ok':
      break;
    case 'off':
      reasons.push('Strict mode needs a trace exporter; set telemetry.otlp.endpoint.');
      break;
    case 'idle':
      reasons.push('Strict mode: the trace exporter has not reached its receiver yet.');
      break;
    case 'failing':
      reasons.push(`Strict mode: the trace exporter fails: ${exporter.message}`);
      break;
  }
  return reasons;
}
