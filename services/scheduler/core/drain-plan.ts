/** How a host would be emptied, told before it is done. */
import { accepted, isPaused, refused, type DrainPlan, type Reply, type VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import { largestFirst } from './drain-turn.js';
import { atOnceFrom } from './move-bounds.js';
import { placeOn, seekerOf } from './place.js';
import { snapshotOf } from './placement/feed.js';

/** So many VMs are named; moves of so many VMs tell the speed. */
const namedAtMost = 1000;
const measuredAtMost = 100;

/** Each VM on it in its turn, put where placement would put it once those before it have gone. */
export function planDrain(cluster: Cluster, host: string): Reply<DrainPlan> {
  const snapshot = snapshotOf(cluster);
  const slot = snapshot.hosts.slot(host);
  if (slot === undefined || !cluster.host(host)) {
    const names = cluster.hosts().map((each) => each.host);
    const remedy = `choose one of ${names.slice(0, 20).join(', ')}`;
    return refused('not-found', `there is no host named ${host}`, { field: 'host', remedy });
  }
  const moves: DrainPlan['moves'] = [];
  const stuck: DrainPlan['stuck'] = [];
  const there = cluster.vms().filter((vm) => vm.assignment?.host === host);
  const avoid = new Map([[host, 'is to be emptied']]);
  const sorted = there.map((vm) => ({ name: vm.name, memoryMiB: vm.spec.memoryMiB, vm })).sort(largestFirst);
  snapshot.tryOut(() => {
    snapshot.drain(slot, { text: 'is being drained', change: { kind: 'open', text: `put ${host} back to work` } });
    for (const { name, memoryMiB, vm } of sorted) {
      const to = vm.migration?.to.host;
      if (to !== undefined) moves.push({ vm: name, memoryMiB, to });
      else if (vm.phase !== 'running') stuck.push({ vm: name, memoryMiB, text: `it is ${vm.phase}` });
      else if (isPaused(vm)) stuck.push({ vm: name, memoryMiB, text: 'it is paused' });
      else {
        const choice = placeOn(snapshot, seekerOf(vm), { avoid, wish: null });
        const put = choice.host === null ? undefined : snapshot.hosts.slot(choice.host);
        const row = snapshot.vms.slot(name);
        if (choice.host === null || put === undefined || row === undefined) {
          stuck.push({ vm: name, memoryMiB, text: choice.host === null ? choice.text.slice(0, 2000) : 'is not known' });
        } else {
          snapshot.put(row, put);
          moves.push({ vm: name, memoryMiB, to: choice.host });
        }
      }
    }
  });
  const atOnce = atOnceFrom(cluster, host);
  const mibPerSecond = measuredSpeed(cluster.vms());
  const movedMiB = moves.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  return accepted({
    host,
    totalMiB: sorted.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0),
    moves: moves.slice(0, namedAtMost),
    stuck: stuck.slice(0, namedAtMost),
    mibPerSecond,
    takesMs: mibPerSecond === null ? null : Math.round((movedMiB / (mibPerSecond * atOnce)) * 1000),
  });
}

/** The middle one of the newest moves that VMs still tell of: MiB of memory in a second, of a move by itself. */
function measuredSpeed(vms: readonly VmRecord[]): number | null {
  const measured = vms.flatMap(({ spec, transitions }) => {
    const switched = transitions.findLast(({ event }) => event === 'vm.switched');
    const begun = switched && transitions.findLast(({ event, atMs }) => event === 'vm.moving' && atMs < switched.atMs);
    if (!begun) return [];
    return [{ atMs: switched.atMs, speed: (spec.memoryMiB * 1000) / (switched.atMs - begun.atMs) }];
  });
  const newest = measured.sort((a, b) => b.atMs - a.atMs).slice(0, measuredAtMost);
  const speeds = newest.map(({ speed }) => speed).sort((a, b) => a - b);
  return speeds[Math.floor(speeds.length / 2)] ?? null;
}
