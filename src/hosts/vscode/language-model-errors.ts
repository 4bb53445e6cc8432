import type { HostModelPart } from '../../protocol/host-models.ts';
import { oneLine } from './text.ts';

type Failure = Extract<HostModelPart, { type: 'error' }>;

/** What the editor, or the provider behind it, said of a call, as one of our errors. `model` is `VENDOR/ID`. */
export function failureOf(error: unknown, model: string): Failure {
  const { code, said, cause } = read(error);
  const fail = (kind: Failure['code'], what: string, retryable = false): Failure => {
    return { type: 'error', code: kind, message: `Model "${model}" of the editor ${what}`, retryable };
  };
  if (cause === 'off_topic') return fail('PROVIDER_REJECTED', `refused the request as off topic: ${said}`);
  switch (code) {
    case 'NoPermissions':
      return fail(
        'PROVIDER_AUTH',
        'may not be used by HAiOS: its use was refused, or nobody was there to allow it. Resume the run and allow it when the editor asks; the Accounts menu, “Manage Language Model Access…”, shows what was decided.',
      );
    case 'Blocked':
      return fail(
        'PROVIDER_UNAVAILABLE',
        `did not answer, since its quota is used up or the request was blocked: ${said} Choose another model, or resume the run later.`,
      );
    case 'NotFound':
      return notFound(model, []);
    default:
      return /\b(?:request|response) failed: 4(?!08|29)\d\d\b/i.test(said)
        ? fail('PROVIDER_REJECTED', `refused the request: ${said}`)
        : fail('PROVIDER_UNAVAILABLE', `broke off: ${said} Resume the run.`, true);
  }
}

export function notFound(model: string, offered: readonly string[]): Failure {
  const others = offered.length === 0 ? 'offers none' : `offers ${offered.slice(0, 10).join(', ')}`;
  return {
    type: 'error',
    code: 'PROVIDER_UNAVAILABLE',
    message: `The editor has no model "${model}" now; it ${others}. Sign in to its provider, or choose another model.`,
    retryable: false,
  };
}

function read(error: unknown): { readonly code: string; readonly said: string; readonly cause: string } {
  if (!(error instanceof Error)) return { code: '', said: sentence(String(error)), cause: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, said: sentence(error.message), cause: error.cause instanceof Error ? error.cause.message : '' };
}

function sentence(text: string): string {
  const line = oneLine(text, 400);
  if (line === '') return 'It did not say why.';
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}
