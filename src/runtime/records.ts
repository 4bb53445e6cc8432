import type { CoreEvent } from '../core/events.ts';
import type { Storage } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';

/** Turns core's events into rows. Spans come through telemetry, which redacts and samples them. */
export function recordEvents(storage: Storage, redactor: Redactor): (event: CoreEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'run_changed':
        storage.write([{ type: 'run', row: redactor.value(event.run) }]);
        if (event.run.status === 'succeeded' || event.run.status === 'cancelled') {
          storage.write([{ type: 'checkpoint_gone', runId: event.run.runId }]);
        }
        break;
      case 'task_started':
      case 'task_changed':
      case 'task_ended':
        storage.write([{ type: 'task', row: redactor.value(event.task) }]);
        break;
      case 'artefact':
        storage.write([{ type: 'artefact', row: redactor.value(event.artefact) }]);
        break;
      case 'issue':
        storage.write([{ type: 'issue', row: redactor.value(event.issue) }]);
        break;
      default:
        break;
    }
  };
}
