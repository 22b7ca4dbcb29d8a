/** Which policies a VM can have; what they mean is said where they are obeyed. */
import type { VmPolicy } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

export interface WrongPolicy {
  field: keyof VmPolicy;
  text: string;
  remedy: string;
}

/** The first thing in it that could never be obeyed, or null. `pools`: one for each of its volumes. */
export function wrongPolicy(
  vm: string,
  policy: VmPolicy,
  { pools, cluster }: { pools: readonly string[]; cluster: Cluster },
): WrongPolicy | null {
  const isRevocable = pools.length > 0 && pools.every((pool) => cluster.pool(pool)?.revocable === true);
  if (policy.proof === 'both' && !isRevocable) {
    const why = pools.length === 0 ? 'has no disk' : 'has a disk on a pool that cannot revoke';
    const text = `proof: ${vm} ${why}, so storage can prove nothing of it`;
    return { field: 'proof', text, remedy: 'ask for proof power' };
  }
  return null;
}
