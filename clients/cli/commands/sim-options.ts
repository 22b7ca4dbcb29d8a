import type { ReportLine, SeedOptions } from '@holdfast/sim';
import { InvalidArgumentError, type Command } from 'commander';
import { readFileSync } from 'node:fs';
import { parseCount } from '../arguments.js';
import { CommandFailure, UsageError } from '../failure.js';
import type { Session } from '../session.js';

export interface Sizes {
  hosts: number;
  vms: number;
  minutes: number;
  faults: string[];
}

export function parseRange(text: string): { from: number; to: number } {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Give a range of seeds, for example 1-1000.');
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (to < from) throw new InvalidArgumentError('The range ends before it begins.');
  return { from, to };
}

const parseFaults = (text: string): string[] =>
  text === 'all' ? [] : text.split(',').map((kind) => kind.trim());

/** The options that say how large the cluster of a seed is, and what happens to it. */
export function sized(command: Command): Command {
  return command
    .option('--hosts <n>', 'hypervisors', parseCount, 5)
    .option('--vms <n>', 'virtual machines', parseCount, 20)
    .option('--minutes <n>', 'virtual minutes before everything heals', parseCount, 10)
    .option('--faults <list>', 'kinds of faults, or all', parseFaults, []);
}

/** Throws `UsageError`. */
export async function checked({ hosts, vms, minutes, faults }: Sizes): Promise<SeedOptions> {
  const { faultKinds } = await import('@holdfast/sim');
  const unknown = faults.find((kind) => !(kind in faultKinds));
  if (unknown !== undefined) {
    throw new UsageError(`there is no fault ${unknown}`, `choose from ${Object.keys(faultKinds).join(', ')}`);
  }
  if (hosts < 2) throw new UsageError('a cluster needs at least 2 hosts', 'give --hosts 2 or more');
  if (minutes < 2) throw new UsageError('faults need time to come and go', 'give --minutes 2 or more');
  return { hosts, vms, minutes, faults };
}

/** Throws `UsageError`; `what` is what the file should be. */
export function readJson(file: string, what: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${what}: ${file} is not readable JSON: ${(error as Error).message}`);
  }
}

/** Coloured on a terminal only. */
export function printReport({ output }: Session, lines: readonly ReportLine[]): void {
  for (const { tone, text } of lines) {
    if (tone === 'heading') output.heading(text);
    else output.line(output.tone(text, tone));
  }
}

export function failWhenBroken(count: number, message: string): void {
  if (count > 0) throw new CommandFailure({ code: 'invariant-broken', message });
}
