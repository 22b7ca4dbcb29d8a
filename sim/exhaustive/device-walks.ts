/** A VM that gets disks and NICs, and gives them back. */
import { nicsOf, type VolumeRecord } from '@holdfast/contracts';
import { unsettled } from '../check/liveness.js';
import { mustBeDone, mustRun, running } from './ends.js';
import type { Stage, Walk } from './walk.js';

function stoppedOne(stage: Stage): void {
  running(stage);
  stage.ask('vm-stop', { vm: 'web1', force: true });
  stage.reach('stopped', () => stage.vm()?.phase === 'stopped' && unsettled(stage.world).length === 0);
}

/** In its record, in the records of storage and on its node; nothing of any other is left. */
function hasDisks(stage: Stage, count: number): string[] {
  const { bus, storageNodes } = stage.world;
  const named = (stage.vm()?.volumes ?? []).map(({ volume }) => volume).sort().join();
  const recorded = bus.bucket<VolumeRecord>('volumes').values().map(({ volume }) => volume).sort().join();
  const stored = [...storageNodes.values()].flatMap(({ store }) => store.volumes.list().map(({ volume }) => volume));
  const isRight = named === recorded && named === stored.sort().join() && stored.length === count &&
    stage.vm()?.spec.disks.length === count && stage.vm()?.diskChange === undefined;
  return isRight ? [] : [`disks: ${named}; ${recorded}; ${stored.join()}`];
}

/** Done as asked, failed as before, and never in between. */
function diskIsAsAsked(stage: Stage, count: { done: number; failed: number }): string[] {
  const end = stage.outcome();
  return end === 'done' || end === 'failed' ? hasDisks(stage, count[end]) : mustBeDone(stage);
}

/** What its copy has in fact is for the check of everything that is settled. */
function nicsAreAsAsked(stage: Stage, count: { done: number; failed: number }): string[] {
  const end = stage.outcome();
  if (end !== 'done' && end !== 'failed') return mustBeDone(stage);
  const vm = stage.vm();
  const nics = vm ? nicsOf(vm.spec).length : 0;
  return nics === count[end] && vm?.nicChange === undefined ? [] : [`${end}: ${nics} NICs`];
}

export const deviceWalks: Pick<Walk, 'name' | 'hosts' | 'replicas' | 'prepare' | 'act' | 'missing'>[] = [
  {
    name: 'add a disk',
    hosts: 2,
    replicas: 1,
    prepare: stoppedOne,
    act: (stage) => stage.ask('vm-disk-add', { vm: 'web1', sizeMiB: 32 }),
    missing: (stage) => [...mustBeDone(stage), ...hasDisks(stage, 2)],
  },
  {
    name: 'remove a disk',
    hosts: 2,
    replicas: 1,
    prepare: stoppedOne,
    act: (stage) => stage.ask('vm-disk-remove', { vm: 'web1', volume: stage.vm()?.volumes[0]?.volume }),
    missing: (stage) => [...mustBeDone(stage), ...hasDisks(stage, 0)],
  },
  {
    name: 'plug in a disk',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-disk-add', { vm: 'web1', sizeMiB: 32 }),
    missing: (stage) => [...mustRun(stage), ...diskIsAsAsked(stage, { done: 2, failed: 1 })],
  },
  {
    name: 'unplug a disk',
    hosts: 2,
    replicas: 1,
    prepare: (stage) => running(stage, 2),
    act: (stage) => stage.ask('vm-disk-remove', { vm: 'web1', volume: stage.vm()?.volumes[0]?.volume }),
    missing: (stage) => [...mustRun(stage), ...diskIsAsAsked(stage, { done: 1, failed: 2 })],
  },
  {
    name: 'plug in a NIC',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-nic-add', { vm: 'web1', network: 'guest' }),
    missing: (stage) => [...mustRun(stage), ...nicsAreAsAsked(stage, { done: 2, failed: 1 })],
  },
  {
    name: 'unplug a NIC',
    hosts: 2,
    replicas: 1,
    prepare: running,
    act: (stage) => stage.ask('vm-nic-remove', { vm: 'web1', nic: 0 }),
    missing: (stage) => [...mustRun(stage), ...nicsAreAsAsked(stage, { done: 0, failed: 1 })],
  },
];
