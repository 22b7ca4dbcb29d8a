import { OperationTimeout, type BulkItem } from '@holdfast/client';
import type { PowerAction } from '@holdfast/contracts';
import type { Command } from 'commander';
import { parseLabels } from '../arguments.js';
import { CommandFailure, UsageError } from '../failure.js';
import type { Session, WaitFlags } from '../session.js';

export interface ManyFlags {
  all?: boolean;
  label?: Record<string, string>;
  filter?: string;
}

/** The options of commands that can be about many VMs. */
export function withMany(command: Command): Command {
  return command
    .option('--all', 'all VMs, or all with such a label')
    .option('--label <KEY=VALUE>', 'all VMs with these labels', parseLabels)
    .option('--filter <CONDITIONS>', 'all VMs for which these hold, as of `vm list`');
}

function isFiltered({ all, label, filter }: ManyFlags): boolean {
  return all === true || label !== undefined || filter !== undefined;
}

export function isMany(names: readonly string[], flags: ManyFlags): boolean {
  if (names.length > 0 && isFiltered(flags)) throw new UsageError('name VMs, or say which by options, not both');
  if (names.length === 0 && !isFiltered(flags)) {
    throw new UsageError('no VM is named', 'name one or more, or say which: --filter host=h1, --label env=test, --all');
  }
  return names.length !== 1;
}

interface Ended {
  vm: string;
  operation: string | null;
  state: 'accepted' | 'running' | 'done' | 'failed';
  reason: string;
}

/** One after the other: those that have ended meanwhile answer at once. */
async function endOf(session: Session, item: BulkItem, deadlineMs: number): Promise<Ended> {
  const { vm, operation, problem } = item;
  if (operation === null) return { vm, operation, state: 'failed', reason: problem?.detail ?? '' };
  try {
    const timeoutMs = Math.max(1, deadlineMs - performance.now());
    const signal = session.io.interrupted;
    const { state, reason } = await session.client.waitForOperation(operation, { timeoutMs, signal });
    return { vm, operation, state, reason };
  } catch (error) {
    if (!(error instanceof OperationTimeout)) throw error;
    return { vm, operation, state: 'running', reason: 'has not ended in time; it goes on' };
  }
}

/** Does it to all of them at once, and tells what became of each. */
export async function carryOutMany(
  session: Session, action: PowerAction, names: readonly string[], flags: WaitFlags & ManyFlags & { force?: boolean },
): Promise<void> {
  const { output } = session;
  const conditions = Object.entries(flags.label ?? {}).map(([key, value]) => `labels.${key}=${value}`);
  const filter = [...conditions, ...(flags.filter === undefined ? [] : [flags.filter])].join(',');
  const which = names.length > 0 ? { vms: [...names] } : { filter };
  const { items } = await session.client.bulkVms({ action, ...which, ...(flags.force && { force: true }) });
  const deadlineMs = performance.now() + flags.timeout * 1000;
  const ended: Ended[] = [];
  for (const item of items) {
    const isKnown = flags.wait || item.operation === null;
    ended.push(isKnown
      ? await endOf(session, item, deadlineMs)
      : { vm: item.vm, operation: item.operation, state: 'accepted', reason: '' });
  }
  if (flags.json) output.json({ items: ended });
  else {
    const rows = ended.map(({ vm, state, reason }) => [vm, `${action} ${state}`, state === 'failed' ? reason : '']);
    output.table(['VM', 'WHAT', 'WHY'], rows, 'no VM is like that');
  }
  const failed = ended.filter(({ state }) => state === 'failed' || state === 'running').length;
  if (failed === 0) return;
  throw new CommandFailure({
    code: 'operation-failed', message: `${failed} of ${ended.length} VMs did not ${action}`,
  });
}
