import { errors } from '../src/catalogue/errors.ts';
import type { ErrorCode } from '../src/catalogue/errors.ts';
import type { HostMessage, WireError } from '../src/protocol/messages.ts';
import { isNumber, isObject, isString, oneOf } from './guards.ts';
import { readSections, readSnapshot } from './rows.ts';

/** A message from the host, checked; null for what is not one, which is then dropped. */
export function readHostMessage(value: unknown): HostMessage | null {
  if (!isObject(value)) return null;
  switch (value['type']) {
    case 'snapshot': {
      const snapshot = readSnapshot(value['snapshot']);
      return snapshot
        ? { type: 'snapshot', snapshot, readOnly: value['readOnly'] === true }
        : { type: 'lost', message: 'The runtime sent a state that this panel cannot read. Reload the window.' };
    }
    case 'delta': {
      const delta = value['delta'];
      if (!isObject(delta) || !isNumber(delta['seq'])) return null;
      return { type: 'delta', delta: { seq: delta['seq'], changed: readSections(delta['changed']) } };
    }
    case 'lost':
      return { type: 'lost', message: isString(value['message']) ? value['message'] : 'The runtime is gone.' };
    case 'view': {
      const view = value['view'];
      return isView(view) ? { type: 'view', view } : null;
    }
    case 'reply':
      return isNumber(value['id']) ? { type: 'reply', id: value['id'], result: value['result'] } : null;
    case 'failure':
      return isNumber(value['id']) ? { type: 'failure', id: value['id'], error: readError(value['error']) } : null;
    default:
      return null;
  }
}

/** An error from outside; one that cannot be read is INTERNAL. */
export function readError(value: unknown): WireError {
  if (isObject(value) && isString(value['message'])) {
    const code = value['code'];
    return { code: isCode(code) ? code : 'INTERNAL', message: value['message'] };
  }
  return { code: 'INTERNAL', message: 'The runtime answered with an error that cannot be read.' };
}

const isView = oneOf(['live', 'cost', 'budgets'] as const);

function isCode(value: unknown): value is ErrorCode {
  return isString(value) && Object.hasOwn(errors, value);
}
