import type { StatusView } from '@holdfast/client';
import { hostHealths, vmPhases } from '@holdfast/contracts';
import { ageText, clockText, memoryText, type Output } from '../output.js';
import { redundancyFields } from '../redundancy.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

function counts(byState: Partial<Record<string, number>>, order: readonly string[]): string {
  const present = order.filter((state) => (byState[state] ?? 0) > 0);
  return present.map((state) => `${byState[state]} ${state}`).join(', ');
}

function total(count: number, details: string): string {
  return details === '' ? String(count) : `${count} (${details})`;
}

function armedText(output: Output, { arming }: StatusView): string {
  if (arming.armed) return 'yes';
  const since = arming.sinceMs === null ? '' : ` since ${clockText(arming.sinceMs)}`;
  if (arming.shadow) return output.tone(`SHADOW${since}, by ${arming.by}: ${arming.reason}`, 'bad');
  return output.tone(`NO${since}, disarmed by ${arming.by}: ${arming.reason}`, 'bad');
}

/** What no record knows, as after a restore: people have to look at it. */
function unknownFields({ unknown: { volumes, copies } }: StatusView): [string, string][] {
  const named = copies.map(({ host, vm, generation }) => `${vm} generation ${generation} on ${host}`);
  return [
    ...(named.length > 0 ? [['unknown copies', named.join(', ')] as [string, string]] : []),
    ...(volumes.length > 0 ? [['unknown volumes', volumes.join(', ')] as [string, string]] : []),
  ];
}

/** Hosts whose failover nobody has tried for too long, or where something it needs was found wanting. */
function drillsText(output: Output, { drills }: StatusView): string {
  const texts = drills.map(({ host, endedAtMs, expired, failed }) => {
    const what = failed.length > 0 ? `, ${failed.join(', ')} failed` : '';
    return `${host}: last drill ${ageText(endedAtMs, Date.now())} ago${expired ? ' (expired)' : ''}${what}`;
  });
  return output.tone(texts.join('; '), 'bad');
}

/** Without it nobody signs in and history waits; everything else goes on. */
function databaseText(output: Output, { database }: StatusView): string {
  if (database.state === 'up') return 'up';
  const text = database.state === 'away' ? `AWAY: ${database.detail}` : 'none is configured';
  return output.tone(text, 'bad');
}

function show(output: Output, status: StatusView): void {
  const { hosts, vms, capacity, pools } = status;
  output.fields([
    ['armed', armedText(output, status)],
    ['hosts', total(hosts.total, counts(hosts.byHealth, Object.keys(hostHealths)))],
    ['VMs', total(vms.total, counts(vms.byPhase, Object.keys(vmPhases)))],
    ['CPUs', `${capacity.assignedCpus} of ${capacity.cpus} given out`],
    [
      'memory',
      `${memoryText(capacity.assignedMemoryMiB)} of ${memoryText(capacity.memoryMiB)} given out`,
    ],
    ['volumes', String(status.volumes.total)],
    [
      'storage',
      pools
        .map(({ pool, node, freeBytes, capacityBytes }) => {
          const [free, whole] = [freeBytes, capacityBytes].map((bytes) =>
            memoryText(bytes / 1_048_576),
          );
          return `${pool} on ${node}: ${free} of ${whole} free`;
        })
        .join(', ') || 'none',
    ],
    ...unknownFields(status),
    ['operations', `${status.runningOperations} running`],
    ['database', databaseText(output, status)],
    [
      'incidents',
      status.openIncidents.length === 0 ? 'none open' : `open: ${status.openIncidents.join(', ')}`,
    ],
    ...(status.drills.length > 0 ? [['drills', drillsText(output, status)] as [string, string]] : []),
    ...redundancyFields(output, status),
  ]);
  output.line();
  if (status.singlePoints.length === 0) {
    output.line('No single point of failure is left.');
    return;
  }
  output.heading('Single points of failure that remain');
  for (const point of status.singlePoints) output.line(`  ${output.tone('!', 'busy')} ${point}`);
}

export const registerStatus: Register = (program, session) => {
  withJson(program.command('status'))
    .description('the cluster at a glance, and the single points of failure that remain')
    .action(async ({ json }: JsonFlag) => {
      const status = await session.client.status();
      if (json) session.output.json(status);
      else show(session.output, status);
    });
};
