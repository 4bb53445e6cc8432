import type { Client } from '../../protocol/channel.ts';
import { applyDelta, type Snapshot } from '../../protocol/snapshot.ts';

/** Calls `onChange` with the snapshot whenever it changed, until the channel ends. */
export function followSnapshots(client: Client, onChange: (snapshot: Snapshot) => void): void {
  let current: Snapshot | null = null;
  let asking = false;
  const ask = (): void => {
    if (asking) return;
    asking = true;
    client.request('subscribe', {}).then(
      (snapshot) => {
        asking = false;
        current = snapshot;
        onChange(snapshot);
      },
      () => {
        // The channel ended or the runtime is too busy: the next delta asks again.
        asking = false;
      },
    );
  };
  client.on('delta', (delta) => {
    const next = current === null ? 'gap' : applyDelta(current, delta);
    if (next === 'gap') return ask();
    if (next === current) return;
    current = next;
    onChange(next);
  });
  ask();
}
