import type { ErrorCode } from '../catalogue/errors.ts';

/**
 * The one error class of the product. `message` is a whole sentence that names the field, the value and
 * the remedy; `code` is stable and documented in `catalogue/errors.ts`; `cause` keeps the rest for the log.
 */
export class HaiosError extends Error {
  /** By name: each bundle of the runtime has a copy of this class, and their errors meet. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'HaiosError' && 'code' in value && 'details' in value;
  }

  readonly code: ErrorCode;
  /** Facts for the log and for tests, never shown raw to a person. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HaiosError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

export function isHaiosError(error: unknown, code?: ErrorCode): error is HaiosError {
  return error instanceof HaiosError && (code === undefined || error.code === code);
}

/** One sentence for a person out of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : 'An unknown error was thrown.';
}

/** Whether an error is an abort (a person, or the end of the runtime, stopped the work) and not a failure. */
export function isAbort(error: unknown): boolean {
  return (
    (error instanceof Error && error.name === 'AbortError') ||
    isHaiosError(error, 'CANCELLED') ||
    isHaiosError(error, 'RUNTIME_LOST')
  );
}
