/** Who refuses a VM on a host, why, and what would have to change. */
import type { Refusal } from './placement/facts.js';
import { kindOf, needKinds, needRefusal } from './placement/needs.js';
import { ruleFilters, type Limits } from './placement/limits.js';
import { hasShares, shareKinds, shareRefusal, type Shares } from './placement/shares.js';
import type { Snapshot } from './placement/snapshot.js';

/** A VM that looks for a host, as the filters see it. */
export interface Demand {
  cpus: number;
  /** Of ordinary memory. */
  memoryMiB: number;
  /** Of huge pages and bandwidth; null for none. */
  shares: Shares | null;
  limits: Limits;
  /** Host slots that are out, each with the reason. */
  avoid: ReadonlyMap<number, string>;
  /** Of the pools of its disks: each with the slots of the hosts that do not reach it. Empty when no host does. */
  lostPools: readonly { pool: string; hosts: ReadonlySet<number> }[];
  /** Of what it asks of a host besides CPUs and memory: each with the slots of the hosts that do not have it. */
  lacking: readonly { need: string; hosts: ReadonlySet<number> }[];
}

export type Size = Pick<Demand, 'cpus' | 'memoryMiB'>;

/** It reaches the storage of its disks, and has whatever else the VM asks for. */
export function hasAll({ lostPools, lacking }: Pick<Demand, 'lostPools' | 'lacking'>, host: number): boolean {
  return !lostPools.some(({ hosts }) => hosts.has(host)) && !lacking.some(({ hosts }) => hosts.has(host));
}

/** On most hosts these three are all that can be in the way, and all that is asked there (`search.ts`). */
export function isOpen({ hosts }: Snapshot, host: number): boolean {
  return hosts.open[host] === 1;
}

export function hasCpus({ hosts }: Snapshot, host: number, { cpus }: Size): boolean {
  return cpus <= (hosts.cpus[host] as number) &&
    (hosts.usedVcpus[host] as number) + cpus <= (hosts.vcpus[host] as number);
}

export function hasMemory({ hosts }: Snapshot, host: number, { memoryMiB }: Size): boolean {
  return (hosts.usedMemoryMiB[host] as number) + memoryMiB <= (hosts.memoryMiB[host] as number);
}

/** For all that it takes. */
export function hasRoom(snapshot: Snapshot, host: number, demand: Size & Pick<Demand, 'shares'>): boolean {
  return hasMemory(snapshot, host, demand) && hasCpus(snapshot, host, demand) &&
    hasShares(snapshot, host, demand.shares);
}

export interface Filter {
  name: string;
  /** Null when it lets the VM pass. */
  refusal(snapshot: Snapshot, host: number, demand: Demand): Refusal | null;
}

/** In the order in which they are named. */
export const filters: readonly Filter[] = [
  {
    name: 'avoid',
    refusal: (snapshot, host, { avoid }) => {
      const text = avoid.get(host);
      if (text === undefined) return null;
      const change = `${snapshot.hosts.nameOf(host)} has to be tried all the same (start the VM by hand)`;
      return { text, change: { kind: 'return', text: change } };
    },
  },
  ...ruleFilters.map(
    (name): Filter => ({ name, refusal: (_snapshot, host, { limits }) => limits.refusals[name](host) }),
  ),
  {
    name: 'storage',
    refusal: (snapshot, host, { lostPools }) => {
      const pools = lostPools.filter(({ hosts }) => hosts.has(host)).map(({ pool }) => pool);
      if (pools.length === 0) return null;
      const text = `${snapshot.hosts.nameOf(host)} has to reach the storage of ${pools.join(', ')} again`;
      const change = { kind: 'storage' as const, text, names: pools };
      return { text: `does not reach the storage of ${pools[0]}`, change };
    },
  },
  ...needKinds.map(
    (kind): Filter => ({
      name: kind,
      refusal: ({ hosts }, host, { lacking }) => {
        const need = lacking.find((each) => kindOf(each.need) === kind && each.hosts.has(host))?.need;
        return need === undefined ? null : needRefusal(need, hosts.nameOf(host), hosts.facts[host]?.offers);
      },
    }),
  ),
  {
    name: 'available',
    refusal: (snapshot, host) => (isOpen(snapshot, host) ? null : (snapshot.hosts.facts[host]?.closed ?? unknown)),
  },
  {
    name: 'cpus',
    refusal: ({ hosts }, host, { cpus }) => {
      const has = hosts.cpus[host] as number;
      if (cpus <= has) return null;
      const text = `ask for at most ${has} CPUs, or give ${hosts.nameOf(host)} ${cpus}`;
      return { text: `has ${has} CPUs, ${cpus} are asked for`, change: { kind: 'cpus', text, amount: cpus } };
    },
  },
  {
    name: 'vcpus',
    refusal: ({ hosts }, host, { cpus }) => {
      const left = (hosts.vcpus[host] as number) - (hosts.usedVcpus[host] as number);
      if (cpus <= left) return null;
      const text = `free ${cpus - left} vCPUs on ${hosts.nameOf(host)}`;
      const change = { kind: 'vcpus' as const, text, amount: cpus - left };
      return { text: `has ${left} vCPUs left, ${cpus} are asked for`, change };
    },
  },
  {
    name: 'memory',
    refusal: (snapshot, host, demand) => {
      if (hasMemory(snapshot, host, demand)) return null;
      const { hosts } = snapshot;
      const { memoryMiB } = demand;
      const left = (hosts.memoryMiB[host] as number) - (hosts.usedMemoryMiB[host] as number);
      const text = `free ${memoryMiB - left} MiB of memory on ${hosts.nameOf(host)}`;
      const change = { kind: 'memory' as const, text, amount: memoryMiB - left };
      return { text: `has ${left} MiB free, ${memoryMiB} are asked for`, change };
    },
  },
  ...shareKinds.map(
    (name, kind): Filter => ({
      name, refusal: (snapshot, host, { shares }) => shareRefusal(snapshot, host, kind, shares),
    }),
  ),
];

const roomFilters: readonly string[] = ['cpus', 'vcpus', 'memory', ...shareKinds];

/** The first that it lacks of room. */
export function roomRefusal(snapshot: Snapshot, host: number, demand: Demand): Refusal | null {
  const refusals = filters
    .filter(({ name }) => roomFilters.includes(name))
    .map((filter) => filter.refusal(snapshot, host, demand));
  return refusals.find((refusal) => refusal !== null) ?? null;
}

const unknown: Refusal = { text: 'is not known', change: { kind: 'open', text: 'it has to join the cluster' } };
