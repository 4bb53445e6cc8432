import { ChannelError, type Client } from '../../protocol/channel.ts';
import { timeText } from '../../protocol/budget-words.ts';
import type { BudgetDecision } from '../../protocol/messages.ts';
import type { BudgetStopView } from '../../protocol/snapshot.ts';
import { stopKey } from '../../protocol/stop-key.ts';
import type { Lines } from './lines.ts';
import type { ProgressView } from './progress-view.ts';
import type { Questions } from './questions.ts';
import { stopMenu, type Typed } from './stop-menu.ts';
import type { Terminal } from './terminal.ts';

interface Options {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly view: ProgressView;
  /** Null: nobody can be asked here. */
  readonly questions: Questions | null;
}

/**
 * Asks the person what a run does that waits because a budget allows no further call; of one that goes on by itself it
 * says when. The end of stdin stops the run.
 */
export function createBudgetStops(options: Options): (stop: BudgetStopView) => void {
  const { view, questions } = options;
  return (stop) => {
    const { waits, freesAt, message } = stop;
    if (waits && freesAt !== null) {
      return view.note(`${message} It goes on at ${new Date(freesAt).toLocaleString()}.`);
    }
    if (questions === null) return view.note(message);
    questions.put({
      id: stopKey(stop),
      gone: `Run g${stop.g} waits for no budget any more: it was decided elsewhere, or it ended.`,
      ask: (lines, signal) => ask(stop, options, lines, signal),
    });
  };
}

async function ask(
  stop: BudgetStopView,
  { client, terminal }: Options,
  lines: Lines,
  signal: AbortSignal,
): Promise<boolean> {
  const menu = stopMenu(stop, Date.now());
  for (const line of menu.lines(terminal.columns())) terminal.say(line);
  for (let amount = false; ;) {
    const line = await lines.next(amount ? menu.amountPrompt : menu.prompt);
    if (line === null && signal.aborted) return false;
    if (line === null) {
      terminal.say('Nobody can be asked any more: the run is stopped.');
      await decide(client, stop, { type: 'stop' });
      return true;
    }
    const typed: Typed = amount ? menu.amount(line) : menu.choice(line);
    switch (typed.kind) {
      case 'amount':
      case 'back':
        amount = typed.kind === 'amount';
        break;
      case 'wrong':
        terminal.say(typed.message);
        break;
      case 'decide': {
        const refused = await decide(client, stop, typed.decision);
        if (refused === null) {
          if (typed.decision.type === 'wait' && stop.freesAt !== null) {
            terminal.say(`It goes on by itself at ${timeText(stop.freesAt, Date.now())}; Ctrl-C cancels it.`);
          }
          return true;
        }
        if (signal.aborted || refused === 'over') return false;
        terminal.say(refused.message);
      }
    }
  }
}

/** Null when it is carried out; `over` when the run is no longer there; else why it is refused. */
async function decide(
  client: Client,
  { runId }: BudgetStopView,
  decision: BudgetDecision,
): Promise<{ readonly message: string } | 'over' | null> {
  try {
    await client.request('decideBudget', { runId, decision });
    return null;
  } catch (error) {
    const over = error instanceof ChannelError && (error.code === 'RUN_NOT_FOUND' || error.code === 'RUNTIME_LOST');
    return over ? 'over' : { message: error instanceof Error ? error.message : String(error) };
  }
}
