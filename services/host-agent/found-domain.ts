import type { FoundDomain } from './core/index.js';
import type { Domain } from './ports.js';

/** What the agent makes of a domain that its hypervisor lists. */
export function foundDomain({ identity, state, incoming }: Domain): FoundDomain {
  const seen = state === 'shutoff' ? 'ended' : state === 'paused' ? 'paused' : 'running';
  return { ...identity, state: seen, incoming };
}
