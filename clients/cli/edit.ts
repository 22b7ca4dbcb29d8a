import type { ChangeOptions } from '@holdfast/client';
import type { Command } from 'commander';
import type { Output } from './output.js';

/** Groups with commands that change records of which there are versions; what cannot be tried, the API refuses. */
const groups = new Set(['vm', 'host', 'rule', 'network', 'settings', 'template', 'group', 'role', 'project']);
const reading = new Set(['list', 'show', 'log', 'load', 'screenshot', 'explain', 'roll', 'check', 'holders']);

/** How the changes of a command are asked for. */
export type EditFlags = Pick<ChangeOptions, 'ifMatch' | 'dryRun'>;

/** Adds to every command that changes something how that can be tried, or rest on what was read. */
export function withEdits(program: Command): void {
  for (const group of program.commands.filter((each) => groups.has(each.name()))) {
    for (const command of leavesOf(group)) {
      // Some have a dry run of their own, of more than one change.
      const isOwn = command.options.some(({ long }) => long === '--dry-run');
      if (reading.has(command.name()) || isOwn) continue;
      command
        .option('--dry-run', 'change nothing: say what would come of it')
        .option('--if-match <VERSION>', 'only if it is still of this version, as `show` or `list --json` tells it');
    }
  }
}

export function editOf(command: Command): EditFlags {
  const { ifMatch, dryRun } = command.opts<{ ifMatch?: string; dryRun?: boolean }>();
  // Those with a dry run of their own only read for it.
  if (!command.options.some(({ long }) => long === '--if-match')) return {};
  return { ...(ifMatch !== undefined && { ifMatch }), ...(dryRun && { dryRun }) };
}

function leavesOf(group: Command): Command[] {
  return group.commands.length === 0 ? [group] : group.commands.flatMap(leavesOf);
}

/** What would have come of a change. */
export function tellTried(output: Output, answer: unknown, isJson: boolean): void {
  if (isJson) return output.json(answer);
  const { items, ...rest } = answer as { items?: { vm: string; would?: string; problem: { detail: string } | null }[] };
  if (items === undefined) {
    const told = Object.entries(rest).filter(([, value]) => value !== null);
    output.fields(told.map(([name, value]) => [name, textOf(value)]));
  } else {
    const rows = items.map(({ vm, would, problem }) => [vm, would ?? `refused: ${problem?.detail ?? ''}`]);
    output.table(['VM', 'WOULD'], rows, 'no VM is like that');
  }
  output.line('nothing was changed');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const isPlacement = typeof value === 'object' && value !== null && 'host' in value;
  return isPlacement ? `on ${String(value.host ?? 'no host')}` : JSON.stringify(value);
}
