import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Measured } from './queues/measure.ts';
import { median, type Row } from './rows.ts';

const jobs = Number(process.env['HAIOS_BENCH_JOBS'] ?? 1_000_000);
const rounds = 5;
const names = ['lanes', 'lanes with budgets', 'fastq', 'p-queue', 'p-limit', 'bottleneck'] as const;
/** It takes some hundred times as long for the same jobs. */
const fewer: Partial<Record<(typeof names)[number], number>> = { bottleneck: 100 };

/**
 * A million trivial jobs, 32 at once: ours with priorities, fair runs, abort and ageing, and the queues that people use
 * today. Each round runs all of them, each in a fresh process; a ratio is the median of the rounds' ratios.
 */
export async function benchQueues(): Promise<readonly Row[]> {
  const results = new Map<string, Measured[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results.get(name)?.push(await measure(name, jobs / (fewer[name] ?? 1)));
  }
  const of = (name: string): readonly Measured[] => results.get(name) ?? [];
  const perSecond = (name: (typeof names)[number]) => of(name).map(({ ms }) => (jobs / (fewer[name] ?? 1) / ms) * 1000);
  const bytes = (name: string) => of(name).map(({ bytesPerQueued }) => bytesPerQueued);
  const rows = names.map((name): Row => {
    const ours = name.startsWith('lanes');
    const ratios = ours
      ? `${ratio(perSecond(name), perSecond('fastq'))} × fastq, ${ratio(perSecond(name), perSecond('p-queue'))} × p-queue`
      : `${jobs / (fewer[name] ?? 1)} jobs`;
    return { what: `queue of trivial jobs: ${name}`, value: median(perSecond(name)), unit: 'jobs/s', note: ratios };
  });
  const added = median(of('lanes with budgets').map(({ ms }, at) => (ms - (of('lanes')[at]?.ms ?? ms)) / jobs)) * 1000;
  return [
    ...rows,
    {
      what: 'five budgets on two levels, added to a job',
      value: added,
      unit: 'µs',
      note: 'median of the rounds; the aim is at most 0.3',
    },
    ...['lanes', 'fastq', 'p-queue'].map((name): Row => {
      const note = name === 'lanes' ? `${ratio(bytes('lanes'), bytes('fastq'))} × fastq` : '';
      return { what: `memory of a queued job: ${name}`, value: median(bytes(name)), unit: 'bytes', note };
    }),
  ];
}

function ratio(ours: readonly number[], theirs: readonly number[]): string {
  return median(ours.map((value, at) => value / (theirs[at] ?? NaN))).toFixed(2);
}

async function measure(name: string, count: number): Promise<Measured> {
  const script = join(import.meta.dirname, 'queues', 'measure.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, name, String(count)]);
  return JSON.parse(stdout) as Measured;
}
