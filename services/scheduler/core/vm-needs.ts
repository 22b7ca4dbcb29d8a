/** What a new VM asks of hosts: refused when none may ever have it, warned of when one alone has it. */
import type { Cluster } from './cluster.js';
import type { VmNeeds } from '@holdfast/contracts';
import { isMet, kindOf, mayEverMeet, needsOf, offersOf, valueOf, type Offers } from './placement/needs.js';
import { shareKinds, sharesIn, sharesOf } from './placement/shares.js';

const namedAtMost = 20;

type NewSpec = VmNeeds & { cpus: number; memoryMiB: number };

interface Told {
  host: string;
  offers: Offers;
}

function told(cluster: Cluster): Told[] {
  return cluster.hosts().flatMap(({ host }) => {
    const report = cluster.observed(host);
    return report ? [{ host, offers: offersOf(report.capacity) }] : [];
  });
}

/** Null when some host may have it all, or none has reported yet. */
export function neverMet(spec: NewSpec, cluster: Cluster): { field: string; text: string; remedy: string } | null {
  const all = told(cluster);
  if (all.length === 0) return null;
  const need = needsOf(spec).find((each) => !all.some(({ offers }) => mayEverMeet(each, offers)));
  if (need === undefined) return tooLarge(spec, cluster);
  if (kindOf(need) === 'network') {
    // What other networks there are is not for everybody.
    const remedy = 'choose another (holdfast network list), or put hosts on it (`bridges` of their agents)';
    return { field: 'network', text: `no host is on the network ${valueOf(need)}`, remedy };
  }
  if (kindOf(need) === 'numa') {
    const text = `no host has a NUMA node for ${spec.cpus} CPUs and ${spec.memoryMiB} MiB`;
    return { field: 'numa', text, remedy: 'ask for less, or leave it out' };
  }
  const models = new Set(all.flatMap(({ offers }) => [...(offers.cpuModels ?? [])]));
  const remedy = `choose among ${listed(models)}, and features that hosts have (holdfast host show NAME)`;
  return { field: 'cpuModel', text: `no host offers the CPU ${spec.cpuModel}`, remedy };
}

const shareFields = ['hugePages', 'hugePages', 'netMbits', 'diskMBs'] as const;

function tooLarge(spec: NewSpec, cluster: Cluster): ReturnType<typeof neverMet> {
  const shares = sharesOf(spec, spec.memoryMiB);
  const all = cluster.hosts().flatMap(({ host }) => cluster.observed(host)?.capacity ?? []).map(sharesIn);
  const most = (kind: number): number => Math.max(...all.map((each) => each[kind] ?? 0));
  const kind = shares?.findIndex((amount, each) => amount > most(each)) ?? -1;
  if (!shares || kind < 0) return null;
  const field = shareFields[kind] as (typeof shareFields)[number];
  const text = `${field}: ${shares[kind]} of ${shareKinds[kind]} is more than any host has`;
  return { field, text, remedy: `ask for at most ${most(kind)}, or give a host more` };
}

const listed = (names: ReadonlySet<string>): string => [...names].sort().slice(0, namedAtMost).join(', ') || 'none';

/** Of several hosts one alone has what it asks for: there it stays, and is lost with it. */
export function onlyMetBy(spec: NewSpec, cluster: Cluster): string | null {
  const needs = needsOf(spec);
  const all = told(cluster);
  const able = all.filter(({ offers }) => needs.every((need) => isMet(need, offers)));
  const [only, ...others] = able;
  if (!only || others.length > 0 || all.length < 2) return null;
  return `only ${only.host} has what it asks for (${needs.join(', ')}): it can neither migrate, nor return when that ` +
    'host is lost';
}
