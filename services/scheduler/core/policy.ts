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

/** Why a VM cannot depend on these, or null: they must be there, and none of them may depend on it. */
export function wrongDependency(vm: string, after: readonly string[], cluster: Cluster): WrongPolicy | null {
  const wrong = (text: string, remedy: string): WrongPolicy => ({ field: 'after', text: `after: ${text}`, remedy });
  for (const name of after) {
    if (name === vm) return wrong(`${vm} cannot depend on itself`, `leave ${vm} out`);
    const other = cluster.vm(name);
    if (!other || other.desired === 'deleted') {
      return wrong(`there is no VM named ${name}`, `create ${name} first, or leave it out`);
    }
    const way = wayTo(vm, name, cluster);
    if (way) {
      const text = `${[vm, ...way].join(' after ')}: each would wait for the other`;
      return wrong(text, `leave ${name} out, or take ${vm} out of what ${way.at(-2) ?? name} depends on`);
    }
  }
  return null;
}

/** How a VM depends on another, each step named; null when it does not. */
function wayTo(vm: string, from: string, cluster: Cluster): string[] | null {
  const seen = new Set<string>();
  const look = (name: string): string[] | null => {
    if (name === vm) return [name];
    if (seen.has(name)) return null;
    seen.add(name);
    for (const next of cluster.vm(name)?.spec.policy.after ?? []) {
      const rest = look(next);
      if (rest) return [name, ...rest];
    }
    return null;
  };
  return look(from);
}
