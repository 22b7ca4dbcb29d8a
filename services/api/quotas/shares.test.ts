import { vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, it } from 'vitest';
import { amountOf, corrections, graceMs, lacking, moreOf, shareOf, type KnownShare } from './shares.js';

const size = (cpus: number) => vmSpecSchema.parse({ cpus, memoryMiB: 64, disks: [{ sizeMiB: 10 }, { sizeMiB: 5 }] });
const vm = (uid: string, cpus = 1, project?: string) => ({ uid, project, spec: size(cpus) }) as VmRecord;
const taken = (of: VmRecord, ageMs = 0, operation = ''): KnownShare => ({ ...shareOf(of), operation, ageMs });
const unlimited = { vms: null, cpus: null, memoryMiB: null, diskMiB: null };

function righted(known: KnownShare[], vms: VmRecord[], running: Record<string, boolean> = {}) {
  const present = {
    vms: new Map(vms.map((each) => [each.uid, each])),
    isRunning: (operation: string) => running[operation] ?? null,
  };
  const { put, drop } = corrections(known, present, (project) => project !== 'free');
  return { put: put.map(({ uid }) => uid), drop: drop.map(({ uid, operation }) => `${uid} ${operation}`.trim()) };
}

describe('what counts towards a quota', () => {
  it('is the VM, its CPUs, its memory and all its disks, in its project', () => {
    expect(shareOf(vm('a', 2, 'shop'))).toMatchObject({
      project: 'shop', amount: { vms: 1, cpus: 2, memoryMiB: 64, diskMiB: 15 },
    });
    expect(shareOf(vm('a')).project).toBe('default');
  });

  it('has room up to the limit, and whoever makes nothing larger has it beyond', () => {
    const used = { ...amountOf(size(3)), vms: 3 };
    expect(lacking({ ...unlimited, cpus: 4, vms: 4 }, used, amountOf(size(1)))).toBeNull();
    expect(lacking({ ...unlimited, cpus: 3 }, used, amountOf(size(1)))).toBe('cpus');
    expect(lacking({ ...unlimited, vms: 2 }, used, moreOf(amountOf(size(1)), amountOf(size(2))))).toBeNull();
  });

  it('is the more of a change, and never less than nothing', () => {
    expect(moreOf(amountOf(size(4)), amountOf(size(2)))).toEqual({ vms: 0, cpus: 0, memoryMiB: 0, diskMiB: 0 });
    expect(moreOf(amountOf(size(1)), amountOf(size(3)))).toMatchObject({ vms: 0, cpus: 2 });
  });
});

describe('shares are put right', () => {
  it('by VMs that have none, or have another size', () => {
    expect(righted([taken(vm('a')), taken(vm('b', 1))], [vm('a'), vm('b', 2), vm('c')])).toEqual({
      put: ['b', 'c'], drop: [],
    });
  });

  it('by dropping what never came, once it cannot come any more', () => {
    expect(righted([taken(vm('a'), graceMs - 1)], [])).toEqual({ put: [], drop: [] });
    expect(righted([taken(vm('a'), graceMs + 1)], [])).toEqual({ put: [], drop: ['a'] });
  });

  it('by dropping that of a change once it has ended, or was never begun', () => {
    const change = (ageMs: number, operation: string) => taken(vm('a'), ageMs, operation);
    const known = [taken(vm('a')), change(1, 'new'), change(60_000, 'on'), change(60_000, 'over')];
    const running = { on: true, over: false };
    expect(righted([...known, change(graceMs + 1, 'never')], [vm('a')], running).drop).toEqual(['a over', 'a never']);
  });

  it('in projects with a quota, and no others', () => {
    const free = vm('a', 1, 'free');
    expect(righted([taken(free)], [free, vm('b', 1, 'free')])).toEqual({ put: [], drop: ['a'] });
  });
});
