import type { ErrorCode } from '../../catalogue/errors.ts';
import { ChannelError } from '../../protocol/channel.ts';
import type { StartRun } from '../../protocol/messages.ts';
import { askSteps, askText } from './quick-input.ts';
import type { RuntimeHost } from './runtime-host.ts';

export interface StartedRun {
  readonly g: number;
  readonly runId: string;
}

/** Starts a run, and asks for its labels as long as policies do not take those it has. Null when the person gave up. */
export async function startRun(host: RuntimeHost, title: string, request: StartRun): Promise<StartedRun | null> {
  let labels = request.labels;
  let typed: string | null = null;
  for (;;) {
    try {
      return await host.request('startRun', { ...request, labels });
    } catch (error) {
      // What is no label at all is USAGE, as much else is that was not typed here.
      const codes: readonly ErrorCode[] = [
        'LABEL_REQUIRED',
        'LABEL_DENIED',
        ...(typed === null ? [] : (['USAGE'] as const)),
      ];
      if (!(error instanceof ChannelError) || !codes.includes(error.code)) throw error;
      typed = await askLabels(title, typed ?? labels.join(', '), typed !== null, error.message);
      if (typed === null) return null;
      labels = labelsOf(typed);
    }
  }
}

async function askLabels(title: string, value: string, wrong: boolean, message: string): Promise<string | null> {
  let text = value;
  const given = await askSteps(title, [
    async (place) => {
      const answer = await askText(place, {
        prompt: `${message} Separate several by commas.`,
        value,
        placeholder: 'team/docs, ticket-12',
        ...(wrong ? { problem: message } : {}),
        check: (written) => (labelsOf(written).length === 0 ? 'Give a label.' : null),
        keep: (written) => (text = written),
      });
      return answer.kind;
    },
  ]);
  return given ? text : null;
}

function labelsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
}
