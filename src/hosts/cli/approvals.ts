import type { Client } from '../../protocol/channel.ts';
import type { ApprovalView } from '../../protocol/snapshot.ts';
import type { ProgressView } from './progress-view.ts';
import type { Questions } from './questions.ts';
import type { Terminal } from './terminal.ts';

export type Decision = 'allow' | 'deny' | 'allow_run';

interface Options {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly view: ProgressView;
  /** Null: nobody can be asked here. */
  readonly questions: Questions | null;
}

/** Answers the runtime's questions: by a person on a terminal, with no elsewhere. The end of stdin means no. */
export function createApprovals({ client, terminal, view, questions }: Options): (approval: ApprovalView) => void {
  const answer = ({ approvalId }: ApprovalView, decision: Decision): void => {
    // It may be settled meanwhile: then the answer no longer matters.
    client.request('answerApproval', { approvalId, decision }).catch(() => undefined);
  };
  return (approval) => {
    if (questions === null) {
      view.note(`Not allowed, because nobody can be asked here: ${approval.title} (see --approve).`);
      return answer(approval, 'deny');
    }
    questions.put({
      id: approval.approvalId,
      gone: 'That needs no answer any more.',
      async ask(lines, signal) {
        const place = approval.protected ? ' (a protected place)' : '';
        terminal.say(`${approval.title}${place}\n${approval.detail.trimEnd()}`);
        for (let decision: Decision | null = null; decision === null;) {
          const line = await lines.next('Allow it? [y]es / [n]o / [a]ll of this run: ');
          if (line === null && signal.aborted) return false;
          decision = line === null ? 'deny' : decisionOf(line);
          if (decision !== null) answer(approval, decision);
        }
        return true;
      },
    });
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
