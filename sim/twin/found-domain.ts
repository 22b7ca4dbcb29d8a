/** What an agent makes of what its hypervisor runs. */
import type { Observed } from '@holdfast/contracts';
import type { FoundDomain } from '@holdfast/host-agent/core';
import type { Domain } from '../world/hypervisor.js';

export const noStaleCopies: Observed['staleCopies'] = [];

export function staleCopy({ vm, uid, generation, hostEpoch }: FoundDomain): Observed['staleCopies'][number] {
  return { vm, uid, generation, hostEpoch };
}

export function foundDomain({ identity, state, incoming, isPausedByHand }: Domain): FoundDomain {
  return { ...identity, state, incoming: isPausedByHand === true ? 'arrived' : incoming };
}
