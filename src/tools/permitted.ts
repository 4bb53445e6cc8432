import { resolve } from 'node:path';
import type { InlineContext } from '../core/ports.ts';
import { HaiosError, isHaiosError } from '../core/errors.ts';
import { displayName, failed } from './failures.ts';
import { contain, type ContainedPath } from './paths.ts';

type Context = Pick<InlineContext, 'workspace' | 'policy'>;

/** As `contain`. Throws PATH_DENIED also for what `policies.denied_paths` forbids, as asked or where its links lead. */
export async function permitted(context: Context, path: string): Promise<ContainedPath> {
  const target = await contain(context.workspace, path);
  const rule = context.policy.path(target.path) ?? context.policy.path(target.realPath);
  if (rule === null) return target;
  throw new HaiosError(
    'PATH_DENIED',
    `${displayName(target.path)} is forbidden by ${rule}; work without it, or have the rule changed.`,
    { details: { rule } },
  );
}

const longestPath = 4096;
const mostPieces = 2000;

/** The texts inside a JSON value, which may be paths. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/**
 * Throws PATH_DENIED when an argument of a command names a forbidden path, from the folder it runs in: whole, after a `=`
 * or an `@`, or after an option's letter (`-fNAME`). What a program reads by itself is not seen.
 */
export async function refuseDeniedArguments(context: Context, folder: string, argv: readonly string[]): Promise<void> {
  if (context.policy.deniedPaths.length === 0) return;
  // A longer one is text and no name.
  const names = argv.filter((argument) => argument.length <= longestPath);
  const pieces = names.flatMap((argument) => [
    argument,
    ...argument.split(/[=@,:]/).slice(1),
    ...(/^-[A-Za-z]/.test(argument) ? [argument.slice(2)] : []),
  ]);
  const each = new Set(pieces);
  if (each.size > mostPieces) {
    throw failed(
      `The arguments hold ${each.size} names, too many to check against policies.denied_paths; give at most ${mostPieces}.`,
    );
  }
  for (const piece of each) {
    if (piece === '') continue;
    await permitted(context, resolve(folder, piece)).catch((error: unknown) => {
      // What leads out of the workspace, or nowhere, is no path that the rule speaks of.
      if (isHaiosError(error, 'PATH_DENIED') && 'rule' in error.details) throw error;
    });
  }
}
