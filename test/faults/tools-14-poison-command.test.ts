import assert from 'node:assert/strict';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

describe('fault 14: a command that kills itself each time', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  it('is told as such every time, and others beside it go on', async () => {
    const tools = testTools();
    const run = async (name: string, input: unknown): Promise<string> =>
      (await tools(name).run(input, toolContext({ workspace }))).text;
    const poison = ['SIGKILL', 'SIGSEGV', 'SIGABRT'].map((signal) =>
      run('run_command', { command: ['sh', '-c', `kill -${signal.slice(3)} $$`] }),
    );
    const good = [run('run_command', { command: ['printf', 'fine'] }), run('list_files', {})];
    assert.deepEqual(await Promise.all(poison), ['ended by SIGKILL', 'ended by SIGSEGV', 'ended by SIGABRT']);
    assert.deepEqual(await Promise.all(good), ['exit code 0\nfine', '0 files']);
  });

  it('cannot take others with it when it kills its group', async () => {
    const command = testTools()('run_command');
    const run = (input: unknown): Promise<{ text: string }> => command.run(input, toolContext({ workspace }));
    const [poison, good] = await Promise.all([
      run({ command: ['sh', '-c', 'kill -KILL 0'] }),
      run({ command: ['sh', '-c', 'sleep 0.2; echo fine'] }),
    ]);
    assert.equal(poison.text, 'ended by SIGKILL');
    assert.equal(good.text, 'exit code 0\nfine\n');
  });
});
