import { createInterface } from 'node:readline';
import type { Client } from '../../protocol/channel.ts';
import type { ApprovalView } from '../../protocol/snapshot.ts';
import type { ProgressView } from './progress-view.ts';
import type { Terminal } from './terminal.ts';

export type Decision = 'allow' | 'deny' | 'allow_run';

/** Answers the runtime's questions one after the other: by a person on a terminal, with no elsewhere. */
export interface Approvals {
  ask(approval: ApprovalView): void;
  /** Drops questions that were open in an earlier snapshot and no longer are (their run was cancelled). */
  keep(open: readonly ApprovalView[]): void;
  close(): void;
}

interface Options {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly view: ProgressView;
  readonly stdin: NodeJS.ReadableStream;
  readonly interactive: boolean;
}

export function createApprovals({ client, terminal, view, stdin, interactive }: Options): Approvals {
  const queue: ApprovalView[] = [];
  // A question comes before the snapshot that holds it: only what was seen there can have gone from there.
  const seen = new Set<string>();
  let asking: { readonly approvalId: string; readonly controller: AbortController } | null = null;
  let closed = false;

  const answer = (approval: ApprovalView, decision: Decision): void => {
    // It may be settled meanwhile: then the answer no longer matters.
    client.request('answerApproval', { approvalId: approval.approvalId, decision }).catch(() => undefined);
  };
  const next = async (): Promise<void> => {
    for (let approval = queue.shift(); approval !== undefined && !closed; approval = queue.shift()) {
      asking = { approvalId: approval.approvalId, controller: new AbortController() };
      view.pause();
      const decision = await question(approval, terminal, stdin, asking.controller.signal);
      if (decision !== null) answer(approval, decision);
      view.resume();
      asking = null;
    }
  };

  return {
    ask(approval) {
      if (closed) return;
      if (!interactive) {
        view.note(`Not allowed, because nobody can be asked here: ${approval.title} (see --approve).`);
        return answer(approval, 'deny');
      }
      queue.push(approval);
      if (asking === null) void next();
    },
    keep(open) {
      const ids = new Set(open.map((approval) => approval.approvalId));
      for (const id of ids) seen.add(id);
      const gone = (id: string): boolean => seen.has(id) && !ids.has(id);
      for (let i = queue.length - 1; i >= 0; i -= 1) if (gone(queue[i]?.approvalId ?? '')) queue.splice(i, 1);
      if (asking !== null && gone(asking.approvalId)) asking.controller.abort();
    },
    close() {
      closed = true;
      asking?.controller.abort();
    },
  };
}

/** What a typed line means; null asks again. */
export function decisionOf(line: string): Decision | null {
  switch (line.trim().toLowerCase()) {
    case 'y':
    case 'yes':
      return 'allow';
    case 'n':
    case 'no':
      return 'deny';
    case 'a':
    case 'all':
      return 'allow_run';
    default:
      return null;
  }
}

/** Shows one question and waits for a line; null when it is no longer open. The end of stdin means no. */
function question(
  approval: ApprovalView,
  terminal: Terminal,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<Decision | null> {
  const place = approval.protected ? ' (a protected place)' : '';
  terminal.say(`${approval.title}${place}\n${approval.detail.trimEnd()}`);
  const prompt = 'Allow it? [y]es / [n]o / [a]ll of this run: ';
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, terminal: false });
    const settle = (decision: Decision | null): void => {
      signal.removeEventListener('abort', gone);
      resolve(decision);
      lines.close();
    };
    const gone = (): void => {
      terminal.say('');
      settle(null);
    };
    signal.addEventListener('abort', gone, { once: true });
    lines.on('line', (line) => {
      const decision = decisionOf(line);
      if (decision === null) terminal.draw(prompt);
      else settle(decision);
    });
    lines.on('close', () => settle('deny'));
    terminal.draw(prompt);
  });
}
