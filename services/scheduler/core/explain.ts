/** Each host with all that keeps a VM from it, and the host on which least has to change. */
import type { Explanation, HostExplanation } from '@holdfast/contracts';
import { filters, hasAll, hasCpus, hasMemory, isOpen, type Demand } from './filter.js';
import { hasShares, pagesMiB } from './placement/shares.js';
import { scoreOn, search, sharesLeft } from './placement/search.js';
import type { Snapshot } from './placement/snapshot.js';

/** Hosts by name; `wish` as in a placement. */
export function hostsByName({ hosts }: Snapshot, wish: number | null): number[] {
  return hosts.inOrder().filter((slot) => hosts.facts[slot] && (wish === null || wish === slot));
}

/** All refusals, in the order of the filters. */
export function refusalsOn(snapshot: Snapshot, host: number, demand: Demand): HostExplanation['refusals'] {
  return filters.flatMap(({ name, refusal }) => {
    const found = refusal(snapshot, host, demand);
    return found ? [{ filter: name, ...found }] : [];
  });
}

/**
 * Where least has to change: a host that is open and that no rule forbids goes before any other, then what it lacks
 * counts as a share of what it has.
 */
export function nearestOf(snapshot: Snapshot, demand: Demand, slots: readonly number[]): Explanation['nearest'] {
  let nearest = -1;
  let least = Infinity;
  for (const host of slots) {
    const cost = costOn(snapshot, host, demand);
    if (cost >= least) continue;
    nearest = host;
    least = cost;
  }
  if (nearest < 0) return null;
  const changes = refusalsOn(snapshot, nearest, demand).map(({ change }) => change.text);
  return { host: snapshot.hosts.nameOf(nearest), text: changes.join('; ').slice(0, 1000) };
}

/** Texts are made for one host only, so here is just counted. */
function costOn(snapshot: Snapshot, host: number, demand: Demand): number {
  const { hosts } = snapshot;
  const { limits, avoid } = demand;
  const isForbidden = limits.only !== null && !limits.only.includes(host);
  const barriers = [
    avoid.has(host),
    limits.shunned.has(host),
    isForbidden,
    !hasAll(demand, host),
    !isOpen(snapshot, host),
  ].filter(Boolean).length;
  let lacking = 0;
  if (!hasMemory(snapshot, host, demand)) {
    const size = Math.max(1, hosts.memoryMiB[host] as number);
    lacking += 1 + ((hosts.usedMemoryMiB[host] as number) + demand.memoryMiB - size) / size;
  }
  if (!hasCpus(snapshot, host, demand)) {
    const size = Math.max(1, hosts.vcpus[host] as number);
    const lacks = (hosts.usedVcpus[host] as number) + demand.cpus - size;
    lacking += (demand.cpus > (hosts.cpus[host] as number) ? 4 : 1) + Math.max(0, lacks) / size;
  }
  if (!hasShares(snapshot, host, demand.shares)) lacking += 2;
  return barriers * 10 + lacking;
}

export interface Asked {
  /** The name of the last host that was told before; null from the beginning. */
  after: string | null;
  limit: number;
}

/** While the VM takes no room. */
export function explanationOf(snapshot: Snapshot, demand: Demand, asked: Asked): Omit<Explanation, 'vm'> {
  const { cpus } = demand;
  const memoryMiB = demand.memoryMiB + pagesMiB(demand.shares);
  const all = hostsByName(snapshot, null);
  const best = search(snapshot, demand, null);
  const fits = (host: number): boolean => filters.every(({ refusal }) => refusal(snapshot, host, demand) === null);
  const rest = all.filter((host) => asked.after === null || snapshot.hosts.nameOf(host) > asked.after);
  const shown = rest.slice(0, asked.limit);
  const last = shown.at(-1);
  return {
    cpus,
    memoryMiB,
    policy: snapshot.settings.policy,
    host: best ? snapshot.hosts.nameOf(best.host) : null,
    hostCount: all.length,
    fittingCount: best ? all.filter(fits).length : 0,
    nearest: best ? null : nearestOf(snapshot, demand, all),
    hosts: shown.map((host) => hostExplanation(snapshot, host, demand)),
    next: rest.length > shown.length && last !== undefined ? snapshot.hosts.nameOf(last) : null,
  };
}

function hostExplanation(snapshot: Snapshot, host: number, demand: Demand): HostExplanation {
  const refusals = refusalsOn(snapshot, host, demand);
  const total = scoreOn(snapshot, host, demand);
  const { limits } = demand;
  const { weights } = snapshot.settings;
  const home = limits.home === host ? weights.home : 0;
  const hostRules = (limits.weights.get(host) ?? 0) - home;
  const parts = { hostRules, vmRules: limits.leanings.get(host) ?? 0, home, room: weights.room * total };
  const score = {
    total,
    ...sharesLeft(snapshot, host, demand),
    weight: parts.hostRules + parts.vmRules + parts.home + parts.room,
    parts,
    isHeldOff: snapshot.hosts.heldOff[host] === 1,
  };
  return { host: snapshot.hosts.nameOf(host), isHolding: false, refusals, score: refusals.length === 0 ? score : null };
}
