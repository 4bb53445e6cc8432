/**
 * Draws the panel in every theme, narrow and wide, empty and full, and writes the pictures for a person to look at:
 * `node test/webview/screenshots.ts FOLDER`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  answer,
  emptySnapshot,
  fullSnapshot,
  oneTaskSnapshot,
  steeredSnapshot,
  stoppedSnapshot,
  strainedSnapshot,
  then,
} from './fixtures.ts';
import { openStage, themes } from './stage.ts';
import type { Opened } from './stage.ts';

const folder = process.argv[2];
if (!folder) throw new Error('Say where the pictures go: node test/webview/screenshots.ts FOLDER');
await mkdir(folder, { recursive: true });

const stage = await openStage();
try {
  for (const theme of themes) {
    for (const width of [280, 480, 1000, 1600]) {
      const opened = await stage.open({ host: 'vscode', theme, width });
      await opened.page.clock.setFixedTime(then + 90_000);
      const shoot = async (name: string): Promise<void> => {
        await opened.page.waitForTimeout(150);
        await opened.page.screenshot({ path: join(folder, `${theme}-${width}-${name}.png`), fullPage: true });
      };
      await opened.tell({ type: 'snapshot', snapshot: emptySnapshot(), readOnly: false });
      await shoot('empty');
      await opened.tell({ type: 'snapshot', snapshot: fullSnapshot(), readOnly: false });
      await shoot('live');
      await opened.tell({ type: 'snapshot', snapshot: oneTaskSnapshot(), readOnly: false });
      await shoot('task-one');
      await opened.tell({ type: 'snapshot', snapshot: oneTaskSnapshot('paused'), readOnly: false });
      await shoot('task-one-paused');
      await opened.tell({ type: 'snapshot', snapshot: steeredSnapshot(), readOnly: true });
      await shoot('tasks-read-only');
      await opened.tell({ type: 'snapshot', snapshot: steeredSnapshot(), readOnly: false });
      await shoot('tasks');
      await refuse(opened);
      await shoot('tasks-refused');
      await opened.tell({ type: 'snapshot', snapshot: stoppedSnapshot(), readOnly: false });
      await shoot('stopped');
      await opened.tell({ type: 'snapshot', snapshot: strainedSnapshot(then), readOnly: false });
      await shoot('lanes');
      await opened.page.getByRole('button', { name: 'tool call', exact: true }).click();
      await shoot('lanes-open');
      await opened.page.getByRole('button', { name: 'all lanes', exact: true }).click();
      await shoot('lanes-all');
      await opened.tell({
        type: 'lost',
        message: 'The runtime process ended unexpectedly (exit code 137). It is started again in 4 s.',
      });
      await shoot('lost');
      await opened.tell({ type: 'snapshot', snapshot: fullSnapshot(), readOnly: false });
      await opened.tell({ type: 'view', view: 'cost' });
      await reply(opened);
      await shoot('cost');
      await opened.page.getByLabel('Reckon as').selectOption('anthropic/claude-haiku-4-5-20251001');
      await reply(opened);
      await shoot('what-if');
      await opened.page.getByRole('tab', { name: 'Resource' }).click();
      await reply(opened);
      await shoot('cost-resource');
      await opened.page.getByRole('tab', { name: 'Run' }).click();
      await reply(opened);
      await opened.page.locator('[data-row="run-10"]').click();
      await reply(opened);
      await opened.page.locator('table.calls .row-button').nth(6).click();
      await reply(opened);
      await shoot('calls');
      for (const problem of opened.problems) console.log(`${theme} ${width}: ${problem}`);
      await opened.context.close();
    }
  }
} finally {
  await stage.close();
}

/** Answers every request that the panel has sent, until it sends no more. */
async function reply(opened: Opened): Promise<void> {
  await opened.page.waitForTimeout(100);
  for (const message of await opened.posted()) {
    if (message['type'] !== 'request') continue;
    const result = answer(String(message['method']), message['params'] as { [key: string]: unknown });
    await opened.tell({ type: 'reply', id: message['id'], result });
  }
}

/** Asks for two things: one is refused, the other is under way. */
async function refuse({ page, posted, tell }: Opened): Promise<void> {
  await page.getByRole('button', { name: /^Continue task “Move/ }).click();
  await page.getByRole('button', { name: /^Retry task “Ask/ }).click();
  const asked = (await posted()).find((message) => message['type'] === 'controlTask');
  const message = 'That task is not at work; it has ended or has not begun, and only tasks at work can be controlled.';
  await tell({ type: 'failure', id: asked?.['id'], error: { code: 'RUN_NOT_FOUND', message } });
}
