/** What all benchmarks do with what they measured: a table, JSON, a picture, and an exit code. */
import { writeFile } from 'node:fs/promises';
import type { Panel } from '@holdfast/bench';
import type { Command } from 'commander';
import { CommandFailure } from './failure.js';
import { Progress } from './progress.js';
import type { Session } from './session.js';

export interface ReportFlags {
  json?: true | string;
  svg?: string;
}

interface Measured {
  /** What it had to reach and did not. */
  failures: readonly string[];
}

interface Telling<T> {
  title: string;
  measure(say: (step: string) => void): Promise<T>;
  panels(bench: T): Panel[];
  tell(bench: T): void;
}

export const withReport = (command: Command): Command =>
  command
    .option('--json [FILE]', 'for programs; to a file, or instead of the table')
    .option('--svg <FILE>', 'a picture of the figures');

/** @throws CommandFailure when something was not reached. */
export async function report<T extends Measured>(
  { io, output }: Session,
  { json, svg }: ReportFlags,
  { title, measure, panels, tell }: Telling<T>,
): Promise<void> {
  const progress = new Progress(io, json === true);
  const bench = await measure((step) => progress.say(step)).finally(() => progress.end());
  if (typeof json === 'string') await writeFile(json, `${JSON.stringify(bench, null, 2)}\n`);
  if (svg !== undefined) {
    const { drawChart } = await import('@holdfast/bench');
    await writeFile(svg, await drawChart(title, panels(bench)));
  }
  if (json === true) output.json(bench);
  else tell(bench);
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}
