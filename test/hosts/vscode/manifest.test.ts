import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commandCategory, commands, menus } from '../../../src/catalogue/commands.ts';

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly engines: { readonly vscode: string };
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly unknown[];
    readonly menus: Readonly<Record<string, readonly unknown[]>>;
    readonly walkthroughs: readonly { readonly steps: readonly { readonly media: { readonly svg: string } }[] }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly icon: string }[] };
    readonly viewsWelcome: readonly { readonly contents: string }[];
  };
}

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('package.json', root), 'utf8');
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;

describe('package.json', () => {
  it('contributes the commands of the catalogue, and no others', () => {
    assert.deepEqual(
      contributes.commands,
      Object.entries(commands).map(([command, { title, icon }]) => ({
        command,
        title,
        category: commandCategory,
        ...(icon === null ? {} : { icon: `$(${icon})` }),
      })),
    );
  });

  it('contributes the menus of the catalogue, and hides from the palette what needs an argument', () => {
    const { commandPalette, ...others } = contributes.menus;
    assert.deepEqual(others, menus);
    assert.deepEqual(
      commandPalette,
      Object.entries(commands).flatMap(([command, { palette }]) => (palette ? [] : [{ command, when: 'false' }])),
    );
  });

  it('names files that exist', () => {
    const files = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg)),
    ];
    for (const file of files) assert.ok(existsSync(fileURLToPath(new URL(file, root))), file);
  });

  it('links only to commands that exist', () => {
    const linked = [...text.matchAll(/\(command:([\w.]+)\)/g)].map((match) => match[1] ?? '');
    assert.ok(linked.length >= 6);
    for (const command of linked) assert.ok(command in commands || command === 'workbench.trust.manage', command);
  });

  it('wakes up for the status bar, and for a panel that was open when the window closed', () => {
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished', 'onWebviewPanel:haios.panel']);
  });
});
