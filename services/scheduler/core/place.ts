import {
  accepted,
  defaultNetwork,
  refused,
  type Explanation,
  type HostRecord,
  type Reply,
  type VmNeeds,
  type VmRecord,
} from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import { explanationOf, hostsByName, nearestOf, type Asked } from './explain.js';
import { filters, roomRefusal, type Demand, type Size } from './filter.js';
import { hostsHolding } from './holding.js';
import type { Refusal } from './placement/facts.js';
import { snapshotOf } from './placement/feed.js';
import { limitsOf } from './placement/limits.js';
import { needsOf } from './placement/needs.js';
import { ordinaryMiB, sharesOf, type Shares } from './placement/shares.js';
import { search } from './placement/search.js';
import type { Snapshot } from './placement/snapshot.js';
import { isOut } from './proof.js';

/** A VM that looks for a host; one of that name that the snapshot holds takes no room meanwhile. */
export interface Seeker {
  name: string;
  cpus: number;
  /** Of ordinary memory. */
  memoryMiB: number;
  /** Of its disks. */
  pools: readonly string[];
  /** What it asks of a host besides CPUs and memory, see `needsOf`; left out for nothing. */
  needs?: readonly string[];
  /** What it takes of huge pages and bandwidth; null, or left out, for nothing. */
  shares?: Shares | null;
  /** Where it returns to if it can. */
  home: string | null;
}

export interface Options {
  /** Hosts that are out, each with the reason. */
  avoid: ReadonlyMap<string, string>;
  /** A host that a person asked for: the only one considered. */
  wish: string | null;
}

interface Found {
  host: HostRecord;
  score: number;
  weight: number;
  /** A pool of its volumes that this host does not reach either; null when it reaches them all. */
  lostPool: string | null;
}

/** Nobody fits; the text names hosts with the first filter that refused them. */
interface Nowhere {
  host: null;
  text: string;
  /** What would have to change on the host where that is least; null when there is no host. */
  nearest: string | null;
}

export type Placement = Found | Nowhere;
export type Choice = (Omit<Found, 'host'> & { host: string }) | Nowhere;

/** So soon a place that is being stored is looked at again. */
export const mateIsPlacedMs = 50;
/** So long the first of those that must run together keeps the others waiting. */
const mateGoesFirstMs = 1000;

/** So many hosts are named where none can take a VM. */
const namedAtMost = 8;

/**
 * The host for a VM, or why there is none: one that the rules allow and that has room; of these the one that is
 * preferred most, then the one with most room left. One that is held off is taken only if there is no other. Storage
 * that no host reaches says nothing of any of them: the VM is placed, and waits for it there.
 */
export function place(
  cluster: Cluster,
  vm: Pick<VmRecord, 'name' | 'spec' | 'home' | 'volumes'>,
  options: Options,
): Placement {
  const choice = placeOn(snapshotOf(cluster), seekerOf(vm), options);
  if (choice.host === null) return choice;
  const host = cluster.host(choice.host);
  return host ? { ...choice, host } : { host: null, text: `${choice.host} is not known any more`, nearest: null };
}

export function seekerOf({ name, spec, home, volumes }: Pick<VmRecord, 'name' | 'spec' | 'home' | 'volumes'>): Seeker {
  const pools = volumes.map(({ pool }) => pool);
  return { name, ...demandsOf(spec), pools, home: spec.policy.failback ? home : null };
}

const demandsOf = (spec: VmNeeds & Size): Pick<Seeker, 'cpus' | 'memoryMiB' | 'needs' | 'shares'> => ({
  cpus: spec.cpus,
  memoryMiB: ordinaryMiB(spec, spec.memoryMiB),
  needs: needsOf(spec),
  shares: sharesOf(spec, spec.memoryMiB),
});

/** A VM that the snapshot holds; where it returns to does not count. */
export function seekerAt({ vms }: Snapshot, vm: number): Seeker {
  return {
    name: vms.nameOf(vm),
    cpus: vms.cpus[vm] as number,
    memoryMiB: vms.memoryMiB[vm] as number,
    pools: vms.poolsOf(vm),
    needs: vms.needsOf(vm),
    shares: vms.sharesOf(vm),
    home: null,
  };
}

/** The same on a snapshot alone. */
export function placeOn(snapshot: Snapshot, seeker: Seeker, options: Options): Choice {
  return whileSeeking(snapshot, seeker, options.avoid, (demand) => {
    const wish = wishOf(snapshot, options);
    const best = search(snapshot, demand, wish);
    if (!best) return nowhere(snapshot, demand, wish);
    const { host, score, weight } = best;
    const facts = snapshot.hosts.facts[host];
    const lostPool = seeker.pools.find((pool) => facts?.lostPools.includes(pool)) ?? null;
    return { host: snapshot.hosts.nameOf(host), score, weight, lostPool };
  });
}

const wishOf = ({ hosts }: Snapshot, { wish }: Pick<Options, 'wish'>): number | null =>
  wish === null ? null : (hosts.slot(wish) ?? -1);

/** Tries something out while the VM takes no room. */
function whileSeeking<T>(
  snapshot: Snapshot,
  seeker: Seeker,
  avoid: Options['avoid'],
  find: (demand: Demand) => T,
): T {
  return snapshot.tryOut(() => {
    const vm = snapshot.vms.slot(seeker.name);
    if (vm !== undefined) snapshot.put(vm, -1);
    return find(demandOf(snapshot, seeker, avoid));
  });
}

function demandOf(snapshot: Snapshot, seeker: Seeker, avoid: Options['avoid']): Demand {
  const { cpus, memoryMiB, pools, needs = [], shares = null, name, home } = seeker;
  const out = new Map<number, string>();
  for (const [host, text] of avoid) {
    const slot = snapshot.hosts.slot(host);
    if (slot !== undefined) out.set(slot, text);
  }
  const lost = snapshot.lostOf(pools);
  const lostPools = isOutForAll(snapshot, lost) ? [] : lost;
  const lacking = snapshot.lackingOf(needs);
  return { cpus, memoryMiB, shares, limits: limitsOf(snapshot, name, home), avoid: out, lostPools, lacking };
}

/** Whether every host that is online has lost one of the pools. */
function isOutForAll({ hosts }: Snapshot, lost: Demand['lostPools']): boolean {
  if (lost.length === 0) return false;
  for (let host = 0; host < hosts.size; host += 1) {
    if (hosts.online[host] === 1 && !lost.some((pool) => pool.hosts.has(host))) return false;
  }
  return true;
}

/** What keeps a VM of that size from staying on this host, as to room alone; null when nothing does. */
export function roomFor(
  cluster: Cluster,
  vm: Pick<VmRecord, 'name' | 'spec' | 'home' | 'volumes'>,
  host: string,
): Refusal | null {
  const snapshot = snapshotOf(cluster);
  const slot = snapshot.hosts.slot(host);
  if (slot === undefined) return null;
  return whileSeeking(snapshot, seekerOf(vm), new Map(), (demand) => roomRefusal(snapshot, slot, demand));
}

/** The host for a VM's next start: hosts that failed to start it are left out. */
export function choose(cluster: Cluster, vm: VmRecord): Placement {
  const choice = place(cluster, vm, { avoid: failedHosts(vm), wish: vm.wish });
  const apart = choice.host && groupMateApart(cluster, vm, choice.host.host);
  if (!apart) return choice;
  const text = `${apart} must run on the same host, and has yet to move to ${choice.host.host}`;
  return { host: null, text, nearest: null };
}

/** Whether `choose` would find one; why not is not asked, and costs more than all the rest. */
export function canChoose(cluster: Cluster, vm: VmRecord): boolean {
  const snapshot = snapshotOf(cluster);
  const best = whileSeeking(snapshot, seekerOf(vm), failedHosts(vm), (demand) =>
    search(snapshot, demand, wishOf(snapshot, vm)));
  const host = best && snapshot.hosts.nameOf(best.host);
  return host !== null && cluster.host(host) !== null && groupMateApart(cluster, vm, host) === null;
}

/** Of the VMs that must run together with it one that is elsewhere: where both fit now, that one moves to first. */
function groupMateApart(cluster: Cluster, vm: VmRecord, host: string): string | null {
  for (const name of snapshotOf(cluster).rulesOf(vm.name)?.group ?? []) {
    const mate = name === vm.name ? null : cluster.vm(name);
    const at = mate?.assignment;
    if (!at || at.host === host || !isGoingOn(mate)) continue;
    const there = cluster.host(at.host);
    if (there?.health === 'online' && !isOut(there, at)) return name;
  }
  return null;
}

/**
 * Whether a VM that must run together with it is just being given its place, or is first in turn for one. Another
 * scheduler that takes itself for the one that acts may choose another host: which choice counts is known once it is
 * stored, and that is soon. One that found no host, or has something else to wait for, keeps nobody waiting.
 */
export function isMateBeingPlaced(cluster: Cluster, vm: string, nowMs: number): boolean {
  const mates = snapshotOf(cluster).rulesOf(vm)?.group ?? [];
  for (const name of mates) {
    if (name === vm) continue;
    if (!cluster.isStored(name)) return true;
    const mate = cluster.vm(name);
    const isNew = mate?.phase === 'waiting' && Math.abs(nowMs - mate.changedAtMs) < mateGoesFirstMs;
    if (isNew && name < vm && mate.transitions.at(-1)?.event !== 'vm.unplaceable') return true;
  }
  return false;
}

/** It runs where it is, or is about to, and is not on the move. */
function isGoingOn({ phase, migration }: VmRecord): boolean {
  return (phase === 'running' || phase === 'starting' || phase === 'attaching') && !migration;
}

function failedHosts(vm: VmRecord): Map<string, string> {
  const avoid = new Map(vm.failures.hosts.map((host) => [host, 'failed to start it']));
  if (vm.evicted) avoid.set(vm.evicted.host, 'is the one it is evicted from');
  return avoid;
}

function nowhere(snapshot: Snapshot, demand: Demand, wish: number | null): Nowhere {
  const slots = hostsByName(snapshot, wish);
  if (slots.length === 0) return { host: null, text: 'there is no host yet', nearest: null };
  const shown = slots.slice(0, namedAtMost).map((slot) => {
    const refusal = filters.map((filter) => filter.refusal(snapshot, slot, demand)).find((each) => each !== null);
    return `${snapshot.hosts.nameOf(slot)} ${refusal?.text ?? 'is not among those it may run on'}`;
  });
  const more = slots.length - shown.length;
  const text = `no host can take it: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return { host: null, text, nearest: nearestOf(snapshot, demand, slots)?.text ?? null };
}

/** Each host with all filters that refuse it, and what would have to change: for the next start of a VM that exists. */
export function explainPlacement(
  cluster: Cluster,
  request: Asked & {
    vm?: string | undefined;
    cpus: number | null;
    memoryMiB: number | null;
    needs?: VmNeeds | undefined;
  },
): Reply<Explanation> {
  const known = request.vm === undefined ? null : cluster.vm(request.vm);
  if (request.vm !== undefined && (!known || known.phase === 'deleted')) {
    return refused('not-found', `there is no VM named ${request.vm}`, { field: 'vm' });
  }
  const cpus = request.cpus ?? known?.spec.cpus;
  const memoryMiB = request.memoryMiB ?? known?.spec.memoryMiB;
  if (cpus === undefined || memoryMiB === undefined) {
    const field = cpus === undefined ? 'cpus' : 'memoryMiB';
    return refused('invalid', `${field}: neither a VM nor its size is named`, { field, remedy: 'name a VM, or both' });
  }
  const spec = known?.spec ?? { network: defaultNetwork };
  const demands = demandsOf({ ...spec, ...request.needs, cpus, memoryMiB });
  const seeker = { name: '', pools: [], home: null, ...(known ? seekerOf(known) : {}), ...demands };
  const snapshot = snapshotOf(cluster);
  const avoid = known ? failedHosts(known) : new Map<string, string>();
  const explanation = whileSeeking(snapshot, seeker, avoid, (demand) => explanationOf(snapshot, demand, request));
  const holding = new Set(known ? hostsHolding(known) : []);
  return accepted({
    ...explanation,
    vm: known?.name ?? null,
    hosts: explanation.hosts.map((each) => ({ ...each, isHolding: holding.has(each.host) })),
  });
}
