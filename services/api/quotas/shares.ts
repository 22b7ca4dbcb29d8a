/** What counts towards a quota: of VMs, of changes, and of all together. No clock and no database. */
import type { Quota, QuotaView } from '@holdfast/client';
import { projectOf, type VmRecord, type VmSpec } from '@holdfast/contracts';

export type Amount = QuotaView['used'];
export const resources = ['vms', 'cpus', 'memoryMiB', 'diskMiB'] as const satisfies (keyof Amount)[];

/** A part of a project's quota that something takes up, or is about to. */
export interface Share {
  uid: string;
  /** Empty: the VM itself; else what makes it larger. */
  operation: string;
  project: string;
  amount: Amount;
}

export function amountOf({ cpus, memoryMiB, disks }: Pick<VmSpec, 'cpus' | 'memoryMiB' | 'disks'>): Amount {
  return { vms: 1, cpus, memoryMiB, diskMiB: disks.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0) };
}

/** As large as it is, or is to be from its next start on, whichever is more. */
export function amountOfVm({ spec, nextSize }: Pick<VmRecord, 'spec' | 'nextSize'>): Amount {
  const { vms, cpus, memoryMiB, diskMiB } = amountOf(spec);
  const { cpus: nextCpus = 0, memoryMiB: nextMiB = 0 } = nextSize ?? {};
  return { vms, cpus: Math.max(cpus, nextCpus), memoryMiB: Math.max(memoryMiB, nextMiB), diskMiB };
}

export function shareOf(vm: VmRecord): Share {
  return { uid: vm.uid, operation: '', project: projectOf(vm), amount: amountOfVm(vm) };
}

/** By how much more it takes up then; what becomes smaller gives nothing back before it has. */
export function moreOf(before: Amount, after: Amount): Amount {
  const more = resources.map((resource) => [resource, Math.max(0, after[resource] - before[resource])]);
  return Object.fromEntries(more) as Amount;
}

/** The first of what would be too much; null when all has room. What is asked for none of has room always. */
export function lacking(quota: Quota, used: Amount, more: Amount): (typeof resources)[number] | null {
  return resources.find((resource) => {
    const limit = quota[resource];
    return limit !== null && more[resource] > 0 && used[resource] + more[resource] > limit;
  }) ?? null;
}

export interface KnownShare extends Share {
  ageMs: number;
}

/** What is there now. */
export interface Present {
  vms: ReadonlyMap<string, VmRecord>;
  /** Null: nothing is known of it. */
  isRunning(operation: string): boolean | null;
}

/** Longer than a change can still be carried out after it was asked for, and than any copy of the records lags. */
export const graceMs = 120_000;
/** An operation may be seen to have ended a moment before its VM is seen as it is then. */
const settlingMs = 10_000;

/**
 * What is to be put right of the shares of projects with a quota: VMs that have none or are of another size, and
 * shares of what is not there. What is not there yet has its time to come.
 */
export function corrections(
  known: readonly KnownShare[], { vms, isRunning }: Present, hasQuota: (project: string) => boolean,
): { put: Share[]; drop: Pick<Share, 'uid' | 'operation'>[] } {
  const byUid = new Map(known.filter(({ operation }) => operation === '').map((share) => [share.uid, share]));
  const put = [...vms.values()].map(shareOf).filter((share) => {
    const before = byUid.get(share.uid);
    return hasQuota(share.project) && !(before && isSame(before, share));
  });
  const drop = known.filter(({ uid, operation, project, ageMs }) => {
    if (!hasQuota(project)) return true;
    if (!vms.has(uid)) return ageMs > graceMs;
    if (operation === '') return false;
    const running = isRunning(operation);
    return running === null ? ageMs > graceMs : !running && ageMs > settlingMs;
  });
  return { put, drop };
}

function isSame(one: Share, other: Share): boolean {
  return one.project === other.project && resources.every((each) => one.amount[each] === other.amount[each]);
}
