import type { HostRecord, VmRecord } from '@holdfast/contracts';
import { candidates, type Candidate } from './candidate.js';
import type { Cluster } from './cluster.js';
import { cpuRatio, filters } from './filter.js';
import { limitsOf } from './rule.js';
import { scoreOf } from './score.js';

export type Placement =
  | Found
  /** Nobody fits: each host with the first filter that refused it. */
  | { host: null; refusals: { host: string; filter: string; text: string }[]; text: string };

/**
 * The host for a VM, or why there is none: one that the rules allow and that has room; of these the one that is
 * preferred most, then the one with most room left. One that is held off is taken only if there is no other. Storage
 * that no host reaches says nothing of any of them: the VM is placed, and waits for it there. `avoid`
 * names further hosts that are out with a reason, `wish` one that a person asked for: it is the only one considered.
 */
export function place(
  cluster: Cluster,
  vm: Pick<VmRecord, 'name' | 'spec' | 'home' | 'volumes'>,
  options: { avoid: ReadonlyMap<string, string>; wish: string | null },
): Placement {
  const limits = limitsOf(cluster, vm);
  const refusals: { host: string; filter: string; text: string }[] = [];
  let best: Found | null = null;
  const considered = candidates(cluster, new Set([vm.name]));
  const isOutForAll = considered.every((candidate) => candidate.host.health !== 'online' || lostPoolOf(vm, candidate));
  for (const candidate of considered) {
    const name = candidate.host.host;
    if (options.wish !== null && options.wish !== name) continue;
    const avoided = options.avoid.get(name);
    const forbidden = limits.avoid.get(name);
    const lostPool = lostPoolOf(vm, candidate);
    const refusing = filters.find((filter) => !filter.check(candidate, vm.spec));
    if (avoided !== undefined) refusals.push({ host: name, filter: 'avoid', text: avoided });
    else if (forbidden !== undefined) refusals.push({ host: name, filter: 'rules', text: forbidden });
    else if (lostPool !== null && !isOutForAll) {
      refusals.push({ host: name, filter: 'storage', text: `does not reach the storage of ${lostPool}` });
    } else if (refusing) {
      const text = refusing.explain(candidate, vm.spec);
      refusals.push({ host: name, filter: refusing.name, text });
    } else {
      const found = {
        host: candidate.host,
        score: scoreOf(candidate, vm.spec, cpuRatio),
        weight: limits.weight(name),
        lostPool,
      };
      if (!best || isBetter(found, best)) best = found;
    }
  }
  if (best) return best;
  return { host: null, refusals, text: explanation(refusals) };
}

interface Found {
  host: HostRecord;
  score: number;
  weight: number;
  /** A pool of its volumes that this host does not reach either; null when it reaches them all. */
  lostPool: string | null;
}

function lostPoolOf({ volumes }: Pick<VmRecord, 'volumes'>, { observed }: Candidate): string | null {
  return volumes.find(({ pool }) => observed?.lostPools?.[pool] !== undefined)?.pool ?? null;
}

export const isHeldOff = ({ flapping }: HostRecord): boolean => flapping?.heldOffUntilMs != null;

function isBetter(a: Found, b: Found): boolean {
  if (isHeldOff(a.host) !== isHeldOff(b.host)) return isHeldOff(b.host);
  if (a.weight !== b.weight) return a.weight > b.weight;
  if (a.score !== b.score) return a.score > b.score;
  return a.host.host < b.host.host;
}

/** The host for a VM's next start: hosts that failed to start it are left out. */
export function choose(cluster: Cluster, vm: VmRecord): Placement {
  const avoid = new Map(vm.failures.hosts.map((host) => [host, 'failed to start it']));
  if (vm.evicted) avoid.set(vm.evicted.host, 'is the one it is evicted from');
  return place(cluster, vm, { avoid, wish: vm.wish });
}

function explanation(refusals: { host: string; text: string }[]): string {
  if (refusals.length === 0) return 'there is no host yet';
  const shown = refusals.slice(0, 8).map(({ host, text }) => `${host} ${text}`);
  const more = refusals.length - shown.length;
  return `no host can take it: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
