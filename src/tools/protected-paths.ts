import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from './inside.ts';

/**
 * Whether a workspace-relative path is a place from which code starts or by which tools are configured: editor, agent,
 * git, shell and CI configuration, and this product's own. A write there always asks. Compared as the most lenient file
 * system would: case, ignorable characters, trailing dots and spaces, NTFS streams and short names make no difference.
 */
export function isProtected(path: string): boolean {
  const segments = path.split(/[\\/]+/).map(foldSegment);
  return segments.some((segment, index) => {
    if (folders.has(segment) || files.has(segment) || segment.endsWith('.code-workspace')) return true;
    const next = segments[index + 1];
    return next !== undefined && pairs.has(`${segment}/${next}`);
  });
}

/**
 * Whether an absolute real path is what a protected name in the workspace points at by a symbolic link (for instance
 * `.vscode` → `docs`): writing the target would change the protected place too.
 */
export async function isProtectedTarget(workspace: string, real: string): Promise<boolean> {
  for (const link of await protectedLinks(workspace)) {
    try {
      if (isInside(await realpath(link), real)) return true;
    } catch {
      // A dangling link protects nothing: no path can resolve to its target.
    }
  }
  return false;
}

const folders = new Set([
  ...['.git', '.vscode', '.haios', '.cursor', '.claude', '.idea', '.vs', '.zed', '.fleet', '.devcontainer', '.husky'],
  ...['.windsurf', '.continue', '.roo', '.cline', '.clinerules', '.gemini', '.codex', '.kiro', '.amazonq', '.ssh'],
]);
const files = new Set([
  ...['haios.config.json', '.mcp.json', '.envrc', '.npmrc', '.yarnrc', '.yarnrc.yml', '.pnpmfile.cjs', '.pypirc'],
  ...['.gitconfig', '.gitmodules', '.cursorrules', '.windsurfrules', '.bashrc', '.bash_profile', '.bash_login'],
  ...['.bash_logout', '.bash_aliases', '.profile', '.zshrc', '.zshenv', '.zprofile', '.zlogin', '.zlogout', '.kshrc'],
  ...['.cshrc', '.tcshrc', '.login', '.logout', '.inputrc', 'config.fish', '.xprofile', '.xinitrc', '.xsessionrc'],
  ...['profile.ps1', 'microsoft.powershell_profile.ps1', 'microsoft.vscode_profile.ps1'],
]);
const pairs = new Set(['.github/workflows', '.github/actions', '.config/fish', '.config/git', '.config/autostart']);

const ignorable = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

function foldSegment(segment: string): string {
  const folded = segment
    .normalize('NFKC')
    .replace(ignorable, '')
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
  return /^git~\d$/.test(folded) ? '.git' : folded;
}

/** Protected names at the top of the workspace, and what lies directly in a protected folder, that are links. */
async function protectedLinks(workspace: string): Promise<string[]> {
  const links: string[] = [];
  for (const entry of await entries(workspace)) {
    if (!isProtected(entry.name) && foldSegment(entry.name) !== '.github') continue;
    const path = join(workspace, entry.name);
    if (entry.isSymbolicLink()) links.push(path);
    if (!entry.isDirectory()) continue;
    for (const child of await entries(path)) if (child.isSymbolicLink()) links.push(join(path, child.name));
  }
  return links;
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
