/**
 * The commands of the editor, their places in menus, and what the documentation says of them.
 * `contributes.commands` and `contributes.menus` of package.json hold the same rows and are checked against these.
 */
export interface CommandInfo {
  /** Shown as “HAiOS: <title>”. */
  readonly title: string;
  /** A codicon name, if the command is a button somewhere. */
  readonly icon: string | null;
  /** Listed in the command palette; the others are buttons and context menus only. */
  readonly palette: boolean;
  /** For the documentation, one sentence. */
  readonly does: string;
}

export const commandCategory = 'HAiOS';

export const commands = {
  'haios.run': {
    title: 'Run Agent Task…',
    icon: 'play',
    palette: true,
    does: 'Asks for a prompt, a model and a budget, and starts a run.',
  },
  'haios.cancel': {
    title: 'Cancel Run',
    icon: 'debug-stop',
    palette: true,
    does: 'Stops a run that is under way; what was spent stays spent.',
  },
  'haios.resume': {
    title: 'Resume Run…',
    icon: 'debug-continue',
    palette: true,
    does: 'Goes on with a run that failed, was interrupted or was stopped by a budget.',
  },
  'haios.decideBudget': {
    title: 'Decide Stopped Run…',
    icon: 'question',
    palette: true,
    does: 'Asks what a run shall do that waits for a budget: raise it, wait, take a cheaper model, or stop.',
  },
  'haios.raiseBudget': {
    title: 'Raise Budget…',
    icon: null,
    palette: true,
    does: 'Sets the limit of a budget in force, for its window or for good; it may be lowered, too.',
  },
  'haios.stopAfterCall': {
    title: 'Stop Run After This Call',
    icon: null,
    palette: true,
    does: 'Lets the calls under way end, and then asks how to go on.',
  },
  'haios.pauseLane': {
    title: 'Pause Lane…',
    icon: null,
    palette: true,
    does: 'Starts nothing more in a lane, or in all of them; what runs goes on, what waits waits.',
  },
  'haios.resumeLane': {
    title: 'Resume Lane…',
    icon: null,
    palette: true,
    does: 'Lets calls start again in a lane that was paused or drained.',
  },
  'haios.drainLane': {
    title: 'Drain Lane…',
    icon: null,
    palette: true,
    does: 'Refuses new calls in a lane, and lets those that wait and run end.',
  },
  'haios.openPanel': {
    title: 'Open Panel',
    icon: 'graph',
    palette: true,
    does: 'Opens the live panel in the editor area.',
  },
  'haios.openTrace': {
    title: 'Open Trace',
    icon: 'list-tree',
    palette: true,
    does: 'Shows the trace tree in the side bar.',
  },
  'haios.exportReport': {
    title: 'Export Cost Report…',
    icon: 'export',
    palette: true,
    does: 'Writes the cost report of the last days, or of any range, as Markdown, CSV or JSON, and opens it.',
  },
  'haios.openMetrics': {
    title: 'Open Metrics',
    icon: null,
    palette: true,
    does: 'Opens the Prometheus metrics page of this window in a browser.',
  },
  'haios.answerApproval': {
    title: 'Answer Approval…',
    icon: null,
    palette: true,
    does: 'Shows again what an agent asks permission for.',
  },
  'haios.showLogs': {
    title: 'Show Logs',
    icon: null,
    palette: true,
    does: 'Opens the HAiOS output channel.',
  },
  'haios.setKey': {
    title: 'Set Model API Key…',
    icon: null,
    palette: true,
    does: 'Stores a model’s API key in the editor’s secret storage, or removes it.',
  },
  'haios.openSettings': {
    title: 'Open Settings',
    icon: null,
    palette: true,
    does: 'Opens the settings of HAiOS.',
  },
  'haios.showActions': {
    title: 'Show Actions…',
    icon: null,
    palette: true,
    does: 'Lists what can be done now; the status bar item does the same.',
  },
  'haios.refreshTrace': {
    title: 'Refresh Trace',
    icon: 'refresh',
    palette: true,
    does: 'Reads the list of runs again.',
  },
  'haios.pauseTask': {
    title: 'Pause Task',
    icon: null,
    palette: false,
    does: 'Holds a task before its next call.',
  },
  'haios.continueTask': {
    title: 'Continue Task',
    icon: null,
    palette: false,
    does: 'Goes on with a paused task.',
  },
  'haios.cancelTask': {
    title: 'Cancel Task',
    icon: null,
    palette: false,
    does: 'Stops one task; what was spent stays spent.',
  },
  'haios.retryTask': {
    title: 'Retry Task',
    icon: null,
    palette: false,
    does: 'Begins one task again.',
  },
  'haios.openRunReport': {
    title: 'Open Run Report',
    icon: null,
    palette: false,
    does: 'Opens the report that a run wrote, or its answer.',
  },
  'haios.loadMoreRuns': {
    title: 'Load More Runs',
    icon: null,
    palette: false,
    does: 'Reads the next page of the trace tree.',
  },
} as const satisfies Record<string, CommandInfo>;

export type CommandId = keyof typeof commands;

export interface MenuItem {
  readonly command: CommandId;
  readonly when: string;
  readonly group: string;
}

/**
 * Buttons above the trace tree, and its context menu. `viewItem` holds words: of a run `run` and `active`, `resumable` or
 * `ended`, with `active` also `stopped` (it waits for a budget) or `going`; of a task that is at work in this window `live`, and `working` or `held`.
 */
export const menus = {
  'view/title': [
    { command: 'haios.run', when: 'view == haios.trace', group: 'navigation@1' },
    { command: 'haios.cancel', when: 'view == haios.trace && haios.runActive', group: 'navigation@2' },
    { command: 'haios.openPanel', when: 'view == haios.trace', group: 'navigation@3' },
    { command: 'haios.refreshTrace', when: 'view == haios.trace', group: 'navigation@4' },
    { command: 'haios.exportReport', when: 'view == haios.trace', group: '2_more@1' },
    { command: 'haios.openSettings', when: 'view == haios.trace', group: '2_more@2' },
  ],
  'view/item/context': [
    { command: 'haios.cancel', when: 'view == haios.trace && viewItem =~ /\\bactive\\b/', group: 'inline@1' },
    { command: 'haios.resume', when: 'view == haios.trace && viewItem =~ /\\bresumable\\b/', group: 'inline@1' },
    { command: 'haios.decideBudget', when: 'view == haios.trace && viewItem =~ /\\bstopped\\b/', group: 'inline@2' },
    { command: 'haios.stopAfterCall', when: 'view == haios.trace && viewItem =~ /\\bgoing\\b/', group: '1_open@2' },
    { command: 'haios.pauseTask', when: 'view == haios.trace && viewItem =~ /\\bpause\\b/', group: '2_task@1' },
    { command: 'haios.continueTask', when: 'view == haios.trace && viewItem =~ /\\bcontinue\\b/', group: '2_task@2' },
    { command: 'haios.cancelTask', when: 'view == haios.trace && viewItem =~ /\\bcancel\\b/', group: '2_task@3' },
    { command: 'haios.retryTask', when: 'view == haios.trace && viewItem =~ /\\bretry\\b/', group: '2_task@4' },
    { command: 'haios.openRunReport', when: 'view == haios.trace && viewItem =~ /\\brun\\b/', group: '1_open@1' },
  ],
} as const satisfies Record<string, readonly MenuItem[]>;
