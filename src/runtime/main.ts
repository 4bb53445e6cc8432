import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { defaultDataDir } from '../storage/paths.ts';
import { giveThreadsTheirOwnHeapLimits } from './thread-heaps.ts';

if (process.send === undefined) {
  process.stderr.write('The HAiOS runtime is started by the editor or by `haios`, not by itself.\n');
  process.exit(2);
}
giveThreadsTheirOwnHeapLimits();
keepCompiledCode(defaultDataDir(process.env, process.platform));
// A bundle of its own, as everything after it: what is loaded from here on need not be compiled again.
void import('./serve.ts').then(({ serve }) => serve(process.argv.slice(2), process.env));

/**
 * The first start after an install fills the cache, later ones need not compile. It lies below the user's own data
 * always and never beside `--db FILE`, which may be in a workspace. Where Node has no such cache, or the folder cannot
 * be written, it is done without.
 */
function keepCompiledCode(userDataDir: string): void {
  try {
    mkdirSync(userDataDir, { recursive: true, mode: 0o700 });
    module.enableCompileCache?.(join(userDataDir, 'compile-cache'));
  } catch {
    return;
  }
}
