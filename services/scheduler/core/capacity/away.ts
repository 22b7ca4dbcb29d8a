/** Whether a loss is still survived while some hosts are emptied on purpose. */
import { refused, type Reply } from '@holdfast/contracts';
import { largestFirst } from '../drain-turn.js';
import { placeOn, seekerAt } from '../place.js';
import type { Refusal } from '../placement/facts.js';
import type { Snapshot } from '../placement/snapshot.js';

const awayBecause: Refusal = { text: 'is away', change: { kind: 'open', text: 'put it back to work' } };

/** `away`: names of hosts, separated by commas. */
export function slotsAway({ hosts }: Snapshot, away: string): number[] | { refused: Reply<never> } {
  const names = [...new Set(away.split(','))];
  const unknown = names.find((name) => hosts.slot(name) === undefined || hosts.facts[hosts.slot(name) ?? -1] === null);
  if (unknown === undefined) return names.flatMap((name) => hosts.slot(name) ?? []);
  const remedy = 'name hosts, separated by commas';
  return { refused: refused('invalid', `away: there is no host ${unknown}`, { field: 'away', remedy }) };
}

/** In a trial: these hosts are emptied as a drain would do it. The VMs that no host takes stay, and are told. */
export function whileAway<T>(snapshot: Snapshot, slots: readonly number[], then: (stuck: number[]) => T): T {
  const { hosts, vms } = snapshot;
  return snapshot.tryOut(() => {
    for (const slot of slots) snapshot.close(slot, awayBecause);
    const there = [...new Set(slots.flatMap((slot) => [...snapshot.vmsOn(slot)]))];
    const sized = there.map((vm) => ({ vm, name: vms.nameOf(vm), memoryMiB: vms.sizeMiB(vm) }));
    const stuck: number[] = [];
    for (const { vm } of sized.sort(largestFirst)) {
      const choice = placeOn(snapshot, seekerAt(snapshot, vm), { avoid: new Map(), wish: null });
      const to = choice.host === null ? undefined : hosts.slot(choice.host);
      if (to === undefined) stuck.push(vm);
      else snapshot.put(vm, to);
    }
    return then(stuck);
  });
}
