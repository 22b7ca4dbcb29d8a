/** What placement needs to know of a host and of a VM, read from their records. */
import {
  cpuRatioOf,
  memoryOvercommitOf,
  ordinaryMemoryOf,
  type HostRecord,
  type Observed,
  type PlacementChange,
  type Settings,
  type VmRecord,
} from '@holdfast/contracts';
import type { Cluster } from '../cluster.js';
import { needsOf, offersOf, type Offers } from './needs.js';
import { ordinaryMiB, sharesIn, sharesOf, type Shares } from './shares.js';

/** Why something is not possible, and what would have to change. */
export interface Refusal {
  /** Goes after the host's name: `is suspect`. */
  text: string;
  change: PlacementChange;
}

export interface HostFacts {
  name: string;
  cpus: number;
  /** What may be promised in all. */
  vcpus: number;
  memoryMiB: number;
  /** Heard on time, whatever else keeps VMs from it. */
  isOnline: boolean;
  /** Taken only if there is no other. */
  isHeldOff: boolean;
  /** Why it takes no VM at all; null when it does. */
  closed: Refusal | null;
  /** A silent host may be back in a moment: VMs that must run together wait there for the verdict. */
  keepsGroups: boolean;
  labels: Readonly<Record<string, string>>;
  /** Pools whose storage does not answer it. */
  lostPools: readonly string[];
  /** Besides CPUs and memory; left out: it does not say. */
  offers?: Offers;
  /** Huge pages and bandwidth; left out for none. */
  shares?: Shares;
}

export interface VmFacts {
  name: string;
  cpus: number;
  /** Of ordinary memory. */
  memoryMiB: number;
  /** Where it is assigned. */
  at: string | null;
  /** Where it is moving to. It takes room on both. */
  to: string | null;
  /** The move is being taken back. */
  isAbandoning: boolean;
  /** VMs that are to stop for it. */
  claims?: readonly string[];
  isWanted: boolean;
  /** Started again by itself after its host was lost. */
  isProtected: boolean;
  /** 0 to 100, higher first. */
  priority: number;
  failback: boolean;
  /** Where a person last moved it to. */
  chosen: { host: string; atMs: number } | null;
  /** Of its disks; left out for none. */
  pools?: readonly string[];
  /** What it asks of a host besides CPUs and memory, see `needsOf`; left out for nothing. */
  needs?: readonly string[];
  /** What it takes of huge pages and bandwidth; null, or left out, for nothing. */
  shares?: Shares | null;
}

const noLabels = {};
const noPools: readonly string[] = [];

export const isHeldOff = ({ flapping }: HostRecord): boolean => flapping?.heldOffUntilMs != null;

/** `observed` null: its agent has not reported yet. */
export function hostFactsOf(
  host: HostRecord,
  observed: Observed | null,
  isDraining: boolean,
  settings: Settings,
): HostFacts {
  const { health, admin } = host;
  const cpus = observed?.capacity.cpus ?? 0;
  const labels = Object.keys(host.labels).length === 0 ? noLabels : host.labels;
  const lostPools = observed?.lostPools ? Object.keys(observed.lostPools) : noPools;
  const isThere = health === 'online' || health === 'suspect' || health === 'held';
  return {
    name: host.host,
    cpus,
    vcpus: Math.floor(cpus * cpuRatioOf(settings, host.labels)),
    memoryMiB: observed
      ? Math.floor(ordinaryMemoryOf(observed.capacity) * memoryOvercommitOf(settings, host.labels))
      : 0,
    isOnline: health === 'online',
    isHeldOff: isHeldOff(host),
    closed: closedBy(host, observed, isDraining),
    keepsGroups: isThere && admin === 'active' && !isDraining && observed?.leaving !== true,
    labels,
    lostPools: lostPools.length === 0 ? noPools : lostPools,
    offers: offersOf(observed?.capacity),
    shares: sharesIn(observed?.capacity),
  };
}

/** What an agent has to be told with a start: by itself it promises no more than it has. */
export function overcommitOn(
  cluster: Pick<Cluster, 'host' | 'settings'>,
  host: string,
): { memoryOvercommit?: number } {
  const memoryOvercommit = memoryOvercommitOf(cluster.settings(), cluster.host(host)?.labels ?? noLabels);
  return memoryOvercommit > 1 ? { memoryOvercommit } : {};
}

/** The first reason is told, all of them would have to go. */
function closedBy(host: HostRecord, observed: Observed | null, isDraining: boolean): Refusal | null {
  const { health, admin, condition, host: name } = host;
  const reasons: [text: string, change: string][] = [];
  const activate = `put ${name} back to work (holdfast host maintenance ${name} --off)`;
  if (health === 'asleep') reasons.push(['is asleep', `wake ${name} (holdfast host wake ${name})`]);
  else if (health !== 'online') reasons.push([`is ${health}`, `${name} has to be online`]);
  else if (host.sleep) reasons.push(['is about to be switched off', `keep ${name} awake (holdfast host wake ${name})`]);
  if (admin !== 'active') reasons.push(['is in maintenance', activate]);
  else if (isDraining) reasons.push(['is being drained', activate]);
  if (observed?.leaving) reasons.push(['is going down', `${name} has to come up again`]);
  if (!observed) reasons.push(['has not reported yet', `the agent of ${name} has to report`]);
  else if (observed.hypervisor !== 'connected') {
    reasons.push(['has no connection to its hypervisor', `the hypervisor of ${name} has to answer`]);
  }
  if (condition) reasons.push([`is ${condition.kind}`, `${name} must not be ${condition.kind} any more`]);
  const [first] = reasons;
  if (!first) return null;
  return { text: first[0], change: { kind: 'open', text: reasons.map(([, change]) => change).join(', ') } };
}

export function vmFactsOf(vm: VmRecord): VmFacts {
  const { name, spec, assignment, migration, desired, chosen, volumes } = vm;
  const at = assignment?.host ?? null;
  const to = migration?.to.host ?? null;
  return {
    name,
    cpus: spec.cpus,
    memoryMiB: ordinaryMiB(spec, spec.memoryMiB),
    at,
    to: to === at ? null : to,
    isAbandoning: migration?.stage === 'abandoning',
    isWanted: desired === 'running',
    isProtected: desired === 'running' && spec.policy.restart === 'always',
    priority: spec.policy.priority,
    failback: spec.policy.failback,
    chosen,
    pools: [...new Set(volumes.map(({ pool }) => pool))],
    needs: needsOf(spec),
    shares: sharesOf(spec, spec.memoryMiB),
    ...(vm.claims ? { claims: vm.claims } : {}),
  };
}
