import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ProcessTree, type ProcessMark } from '../process-tree.ts';
import { readProcess } from '../proc.ts';

const markSchema = z.strictObject({ pid: z.int().positive(), started: z.int().positive() });
const recordSchema = z.strictObject({ host: z.string(), owner: markSchema, leader: markSchema });
type CommandRecord = z.output<typeof recordSchema>;

/**
 * Which commands a runtime has running, a small file each, so that whoever finds the runtime dead can end them. `folder`
 * is the runtime's own; `host` names machine, boot and pid namespace, in which a pid and a start time mean one process.
 */
export class CommandRecords {
  readonly #folder: string;
  readonly #host: string;
  readonly #owner: ProcessMark | null = readProcess(process.pid);

  constructor(folder: string, host: string) {
    this.#folder = folder;
    this.#host = host;
  }

  /** Returns what removes the record. A record that cannot be written (a full disk) must not keep a command from running. */
  add(call: string, leader: ProcessMark): () => void {
    if (this.#owner === null) return () => undefined;
    const { pid, started } = this.#owner;
    const record: CommandRecord = { host: this.#host, owner: { pid, started }, leader };
    const file = join(this.#folder, call);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      // Whole or not at all: this process can be killed at any moment.
      writeFileSync(`${file}.tmp`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${file}.tmp`, file);
    } catch {
      return () => undefined;
    }
    return () => rmSync(file, { force: true });
  }

  /** Removes the folder once nothing is recorded any more. */
  close(): void {
    removeEmpty(this.#folder);
  }
}

/**
 * Ends what the commands of a dead runtime left running, and removes their records. A process is ended only if it is the
 * recorded one (pid and start time, or the call's own mark in its environment) and its runtime is really gone. Returns how
 * many commands had something left. Safe when two do it at once.
 */
export async function endRecorded(folder: string, host: string): Promise<number> {
  const calls = namesIn(folder);
  const ends = calls.map(async (call): Promise<boolean> => {
    const record = readRecord(join(folder, call));
    if (record !== null && record.host === host) {
      if (readProcess(record.owner.pid)?.started === record.owner.started) return false;
      const tree = new ProcessTree(record.leader, call);
      if (!tree.isGone()) {
        tree.kill();
        await tree.end(0);
        rmSync(join(folder, call), { force: true });
        return true;
      }
    }
    rmSync(join(folder, call), { force: true });
    return false;
  });
  const left = (await Promise.all(ends)).filter(Boolean).length;
  removeEmpty(folder);
  return left;
}

function removeEmpty(folder: string): void {
  if (namesIn(folder).length === 0) rmSync(folder, { recursive: true, force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readRecord(file: string): CommandRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}
