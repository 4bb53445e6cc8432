import { BroadcastChannel } from 'node:worker_threads';

export type TestOrder =
  | { readonly type: 'fill' | 'free' | 'settings' | 'crash' }
  | { readonly type: 'answer'; readonly settings: Readonly<Record<string, number>> };

/** Tells the test writer of a database what to do, and waits until it has. */
export async function order(
  databasePath: string,
  type: 'fill' | 'free' | 'settings' | 'crash',
): Promise<Readonly<Record<string, number>>> {
  const channel = new BroadcastChannel(databasePath);
  channel.unref();
  try {
    return await new Promise((resolve) => {
      channel.onmessage = (event: unknown): void => {
        const answer = (event as { data: TestOrder }).data;
        if (answer.type === 'answer') resolve(answer.settings);
      };
      channel.postMessage({ type } satisfies TestOrder);
    });
  } finally {
    channel.close();
  }
}
