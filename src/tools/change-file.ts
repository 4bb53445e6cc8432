import { createHash } from 'node:crypto';
import { HaiosError } from '../core/errors.ts';
import type { ToolContext } from '../core/ports.ts';
import { writeAtomic } from './atomic-write.ts';
import { describeChange } from './diff.ts';
import { denied, displayName, failed, throwIfAborted } from './failures.ts';
import { isInside } from './inside.ts';
import type { PathLocks } from './locks.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import { needsPerson, type ContainedPath } from './paths.ts';
import { permitted } from './permitted.ts';
import { readCurrent, textOf, type CurrentFile } from './read-current.ts';

export interface ChangeOptions {
  readonly locks: PathLocks;
  /** Absolute real paths of folders that no tool may write to. */
  readonly dataDirs: readonly string[];
  readonly sandboxes: Sandboxes;
}

/** The new text of a file, made from what it is now, and what a person is told in one line. */
export interface NextContent {
  readonly text: string;
  readonly title: string;
}

/** A change that was made. */
export interface Changed {
  readonly path: string;
  readonly size: number;
}

/**
 * The one way a tool changes a file: under the path's lock it reads the file, has `next` make the new text, shows a person
 * the difference, makes sure nobody changed the file meanwhile, writes it atomically and records it.
 * Throws UNTRUSTED, PATH_DENIED, DENIED, CANCELLED, TOOL_FAILED.
 */
export async function changeFile(
  options: ChangeOptions,
  context: ToolContext,
  path: string,
  next: (current: CurrentFile | null, target: ContainedPath) => Promise<NextContent>,
): Promise<Changed> {
  throwIfAborted(context.signal);
  requireTrust(context, `write ${displayName(path)}`);
  const target = await permitted(context, path);
  refuseDataDirs(target, options.dataDirs);
  const lock = await options.locks.acquire(target.real, context.signal);
  try {
    const current = await readCurrent(context.workspace, target);
    const { text, title } = await next(current, target);
    refuseSecret(context, target, current, text);
    const guarded = await needsPerson(context.workspace, target);
    const detail = await describeChange(target.realPath, current, text, options.sandboxes, context);
    const allowed = await context.approve({ kind: 'write', title, detail, path: target.realPath, protected: guarded });
    throwIfAborted(context.signal);
    if (!allowed)
      throw new HaiosError('DENIED', `Writing ${displayName(target.path)} was not allowed; the file is as it was.`);

    const content = Buffer.from(text, 'utf8');
    await writeAtomic({
      workspace: context.workspace,
      target,
      content,
      mode: current?.mode ?? null,
      signal: context.signal,
      beforeCommit: () => refuseIfChanged(context.workspace, target, current),
    });
    context.wrote({
      path: target.realPath,
      sizeBefore: current?.size ?? null,
      sizeAfter: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      lockWaitMs: lock.waitedMs,
    });
    return { path: target.path, size: content.length };
  } finally {
    lock.release();
  }
}

/** Throws UNTRUSTED unless a person trusts the workspace. */
export function requireTrust(context: ToolContext, action: string): void {
  if (context.trusted) return;
  throw new HaiosError(
    'UNTRUSTED',
    `The workspace is not trusted, so HAiOS did not ${action}; trust the workspace first.`,
  );
}

/** The name of a file for a person: with the place it really is in, when a link leads there. */
export function shownTarget(target: ContainedPath): string {
  const name = displayName(target.path);
  return target.path === target.realPath ? name : `${name} (really ${displayName(target.realPath)})`;
}

function refuseDataDirs(target: ContainedPath, dataDirs: readonly string[]): void {
  if (dataDirs.some((folder) => isInside(folder, target.real))) {
    throw denied(
      `Path ${displayName(target.path)} belongs to the runtime's own data, which no tool may write; give another path.`,
    );
  }
}

/** A secret that was in the file before is none of this change's doing. */
function refuseSecret(context: ToolContext, target: ContainedPath, before: CurrentFile | null, text: string): void {
  const rule = context.policy.secret(text);
  if (rule === null) return;
  const old = before?.content == null ? null : textOf(before.content);
  if (old !== null && context.policy.secret(old) !== null) return;
  throw new HaiosError(
    'DENIED',
    `${displayName(target.path)} would hold a secret that ${rule} blocks, so it was not written; leave the secret out.`,
  );
}

async function refuseIfChanged(workspace: string, target: ContainedPath, before: CurrentFile | null): Promise<void> {
  const now = await readCurrent(workspace, target);
  if (now?.sha256 === before?.sha256) return;
  throw failed(
    `${displayName(target.path)} was changed by something else meanwhile and was not written; read it again first.`,
  );
}
