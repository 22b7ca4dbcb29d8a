/** What an agent remembers and finds, for the tests of this core. */
import type { ObservedVm } from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import type { FoundDomain, LocalState, LocalVm } from '../index.js';

export const nowMs = 1_000_000;
export const env: Env = { nowMs, random: randomStream('test'), incarnation: 'inc1' };
export const room = { memoryMiB: 4096, freeMemoryMiB: 4096, isLeaving: false };

export function copy(
  generation: number,
  state: ObservedVm['state'],
  patch: Partial<ObservedVm> = {},
): ObservedVm {
  return {
    uid: 'uid1',
    generation,
    hostEpoch: 2,
    state,
    reason: '',
    sinceMs: nowMs - 1000,
    reboot: null,
    migration: null,
    ...patch,
  };
}

export function memory(web1?: Partial<LocalVm>, patch: Partial<LocalState> = {}): LocalState {
  const vms: LocalState['vms'] = {};
  if (web1) vms['web1'] = { uid: 'uid1', floor: 0, copy: null, revision: 10, ...web1 };
  return { incarnation: 'inc1', epoch: 2, vms, ...patch };
}

export function domain(generation: number, patch: Partial<FoundDomain> = {}): FoundDomain {
  const identity = { vm: 'web1', uid: 'uid1', generation, hostEpoch: 2, incarnation: 'inc1' };
  return { ...identity, state: 'running', incoming: null, ...patch };
}

export function command(
  generation: number,
  patch: { incarnation?: string; hostEpoch?: number; revision?: number; uid?: string } = {},
) {
  const { uid = 'uid1', ...stamp } = patch;
  return {
    uid,
    stamp: { incarnation: 'inc1', hostEpoch: 2, generation, revision: 20, ...stamp },
    spec: { memoryMiB: 128 },
  };
}
