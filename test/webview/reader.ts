import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { answer } from './fixtures.ts';
import type { Opened } from './stage.ts';

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Waits for a question of the panel, and answers it and all others that are not answered yet, as the runtime would. */
export async function reply({ page, posted, tell }: Opened, method: string): Promise<void> {
  await page.waitForFunction(
    (name) =>
      (window as unknown as { posted: { method?: string; done?: boolean }[] }).posted.some(
        (m) => m.method === name && !m.done,
      ),
    method,
  );
  for (const [n, message] of (await posted()).entries()) {
    if (message['type'] !== 'request' || message['done'] === true) continue;
    await page.evaluate(
      (at) => Object.assign((window as unknown as { posted: object[] }).posted[at] ?? {}, { done: true }),
      n,
    );
    const result = answer(String(message['method']), message['params'] as { [key: string]: unknown });
    await tell({ type: 'reply', id: message['id'], result });
  }
}

/** Serious and critical findings of axe-core, told by rule and element. */
export async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(await axe);
  const found = await page.evaluate(async () => {
    const run = (
      window as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      }
    ).axe;
    return (await run.run()).violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}

/** How far the page is wider than its window, CSS pixels. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
