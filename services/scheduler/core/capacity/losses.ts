/** Which losses of hosts there can be: of any so many at once, or of all hosts with one value of a label. */
import { hostsByName } from '../explain.js';
import type { Snapshot } from '../placement/snapshot.js';
import { victimsOf } from './prove.js';

export interface LossKind {
  /** So many hosts at once, whichever. */
  hosts: number;
  /** The key of a label: all hosts with any one of its values instead. */
  label: string | null;
}

export const anyOneHost: LossKind = { hosts: 1, label: null };

export interface Losses {
  /** How many there can be. */
  possible: number;
  /** Those that are looked at: the slots of the lost hosts. */
  all: readonly (readonly number[])[];
}

/** Losses of several hosts are tried one by one up to so many (fewer where hosts are many); then the heaviest. */
const triedAtMost = 1000;
const hostsLookedAt = 2_000_000;

export function lossesOf(snapshot: Snapshot, { hosts: count, label }: LossKind): Losses {
  const slots = hostsByName(snapshot, null);
  if (label !== null) {
    const byValue = new Map<string, number[]>();
    for (const slot of slots) {
      const value = snapshot.hosts.facts[slot]?.labels[label];
      if (value !== undefined) byValue.set(value, [...(byValue.get(value) ?? []), slot]);
    }
    return { possible: byValue.size, all: [...byValue.values()] };
  }
  if (count === 1) return { possible: slots.length, all: slots.map((slot) => [slot]) };
  const possible = choices(slots.length, count);
  // Where not all can be tried: those first that bring most to be placed. What was not tried is not proven.
  return { possible, all: subsetsOf(heaviestFirst(snapshot, slots), count, triedOf(slots.length)) };
}

/** How many losses are tried where there are more of them. */
export function triedOf(hostCount: number): number {
  return Math.max(50, Math.min(triedAtMost, Math.floor(hostsLookedAt / Math.max(1, hostCount))));
}

export function heaviestFirst(snapshot: Snapshot, slots: readonly number[]): number[] {
  const load = new Map(slots.map((slot) => [slot, loadOf(snapshot, slot)]));
  return [...slots].sort((a, b) => (load.get(b) ?? 0) - (load.get(a) ?? 0));
}

/** For people: the hosts, or the label that they share. */
export function textOfLoss({ hosts }: Snapshot, lost: readonly number[], { label }: LossKind): string {
  const value = label === null ? undefined : hosts.facts[lost[0] ?? -1]?.labels[label];
  return value === undefined ? lost.map((slot) => hosts.nameOf(slot)).sort().join(', ') : `${label}=${value}`;
}

const loadOf = (snapshot: Snapshot, slot: number): number =>
  victimsOf(snapshot, [slot]).reduce((sum, vm) => sum + (snapshot.vms.memoryMiB[vm] as number), 0);

function choices(of: number, count: number): number {
  let ways = 1;
  for (let i = 1; i <= count; i += 1) ways = (ways * (of - count + i)) / i;
  return Math.round(ways);
}

/** The first `most` of all subsets of this size; those of the first elements come first. */
function subsetsOf(all: readonly number[], size: number, most: number): number[][] {
  const subsets: number[][] = [];
  const grow = (chosen: readonly number[], last: number): void => {
    if (chosen.length === size) {
      subsets.push([...chosen]);
      return;
    }
    const need = size - chosen.length - 1;
    for (let i = need; i < last && subsets.length < most; i += 1) grow([...chosen, all[i] as number], i);
  };
  // By the last of them: {0,1}, {0,2}, {1,2}, {0,3}...
  for (let last = size - 1; last < all.length && subsets.length < most; last += 1) grow([all[last] as number], last);
  return subsets;
}
