import { join } from 'node:path';
import * as vscode from 'vscode';
import { maxHeapMb } from '../max-heap.ts';
import type { RuntimeProcess } from '../runtime-process.ts';
import { Approvals } from './approvals.ts';
import { BudgetStops } from './budget-stops.ts';
import { actOnPanel, registerCommands } from './commands.ts';
import { Keys } from './keys.ts';
import { LanguageModels } from './language-models.ts';
import { createLog } from './log.ts';
import { createNotices } from './notices.ts';
import { Panel } from './panel.ts';
import { ReadOnlyTexts } from './read-only-texts.ts';
import { RuntimeHost } from './runtime-host.ts';
import { readSettings } from './settings.ts';
import { createStatusBar } from './status-bar.ts';
import { createTraceView } from './trace-view.ts';
import { forwardChanges, hello } from './window-state.ts';

let running: RuntimeHost | undefined;

/** Builds the parts and registers them. No process is started here: the first use does that. */
export function activate(context: vscode.ExtensionContext): void {
  const log = createLog();
  const keys = new Keys(context.secrets, context.globalState);
  const host = new RuntimeHost({
    fork: (onStderr) => fork(context.extensionPath, onStderr),
    hello,
    keys: () => keys.all(),
    log,
  });
  running = host;
  const models = new LanguageModels(vscode, host, log);
  const texts = new ReadOnlyTexts();
  const approvals = new Approvals(host, log, texts);
  const stops = new BudgetStops(host, log);
  const panel = new Panel(host, log, context.extensionUri, (action) => actOnPanel(host, log, stops, action));
  const { tree, view } = createTraceView(host, log);
  context.subscriptions.push(
    log,
    createStatusBar(host),
    createNotices(host, log),
    forwardChanges(host, keys, log),
    models,
    texts,
    approvals,
    stops,
    panel,
    tree,
    view,
    registerCommands({
      host,
      log,
      memory: context.workspaceState,
      extensionId: context.extension.id,
      keys,
      models,
      texts,
      approvals,
      stops,
      panel,
      tree,
      treeView: view,
    }),
  );
}

/** Loaded when it is needed: the libraries of the channel are no part of activation. */
async function fork(extensionPath: string, onStderr: (text: string) => void): Promise<RuntimeProcess> {
  const { forkRuntime } = await import('../runtime-process.ts');
  const bundle = join(extensionPath, 'dist', 'runtime.cjs');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  return forkRuntime({ bundle, args: [], env, maxHeapMb: maxHeapMb(readSettings()), onStderr });
}

/** The editor waits for this, some seconds at most: runs under way are settled and kept for resuming. */
export async function deactivate(): Promise<void> {
  await running?.dispose();
  running = undefined;
}
