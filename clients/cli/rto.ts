/** What is promised of each VM should its host be lost, and what it took so far. */
import type { HostView, StatusView, VmView } from '@holdfast/client';
import { clockMarginMs, leaseProofMs, memoryOvercommitOf, type CloudEvent, type Settings } from '@holdfast/contracts';

/**
 * The longest that each step may take while whoever is asked does answer, from the times in `docs/architecture.md`; a
 * test holds them to it. What nobody answers to is asked again, and that has no end.
 */
export const longestMs = {
  /** Silence until suspicion, for the host with the most uneven rhythm. */
  suspectAtMostMs: 3000,
  confirmWithinMs: 500,
  /** Storage has taken its access back. */
  proofTimeoutMs: 5000,
  /** The power switch reads off. */
  bmcTimeoutMs: 15_000,
  /** A write to a record, of which each step needs one. */
  writeTimeoutMs: 1500,
  /** Access for the new copy. */
  storageTimeoutMs: 6000,
  /** Its QEMU's start, before the agent gives it up. */
  startTimeoutMs: 30_000,
  /** Those of higher priority go first. */
  standsBackMs: 30_000,
  /** So do those that it depends on. */
  waitsForNeededMs: 60_000,
} as const;

export interface Phase {
  phase: string;
  atMostMs: number;
}

export interface VmRto {
  vm: string;
  proof: 'storage' | 'power' | 'both';
  /** Null: it would not return by itself, for the reason in `never`. */
  promisedMs: number | null;
  never: string | null;
  phases: Phase[];
  /** Of its recoveries that the event history still knows, from the loss of its host to running. */
  measured: { count: number; medianMs: number | null; largestMs: number | null };
}

export interface RtoFacts {
  status: Pick<StatusView, 'arming' | 'pools'>;
  hosts: readonly HostView[];
  vms: readonly VmView[];
  settings: Settings;
}

export function rtoOf(vm: VmView, facts: RtoFacts, events: readonly CloudEvent[]): VmRto {
  const proof = leastProof(vm, facts);
  const never = neverBecause(vm, facts, proof);
  const phases = never === null ? phasesOf(vm, facts, proof) : [];
  const promisedMs = never === null ? phases.reduce((sum, { atMostMs }) => sum + atMostMs, 0) : null;
  return { vm: vm.name, proof, promisedMs, never, phases, measured: measured(recoveryTimesMs(events)) };
}

/** What storage cannot speak for needs power, whatever its policy says. */
function leastProof({ spec, volumes }: VmView, { status }: RtoFacts): VmRto['proof'] {
  if (spec.policy.proof !== 'storage') return spec.policy.proof;
  const isRevocable = (name: string): boolean => status.pools.some(({ pool, revocable }) => pool === name && revocable);
  return volumes.length > 0 && volumes.every(({ pool }) => isRevocable(pool)) ? 'storage' : 'power';
}

function neverBecause(vm: VmView, { status, hosts, vms, settings }: RtoFacts, proof: VmRto['proof']): string | null {
  const { spec, assignment } = vm;
  if (!status.arming.armed) return `${status.arming.shadow ? 'shadow mode' : 'disarmed'}: ${status.arming.reason}`;
  if (vm.desired !== 'running' || !assignment) return `it is ${vm.phase}`;
  if (spec.policy.restart === 'never') return 'its policy: restart never';
  const host = hosts.find((each) => each.host === assignment.host);
  if (proof !== 'storage' && powerProofMs(host) === null) {
    return `only power proves it, and ${assignment.host} has no verified power switch and no armed watchdog`;
  }
  const others = hosts.filter(({ host: name, health, admin }) =>
    name !== assignment.host && (health === 'online' || health === 'asleep') && admin === 'active');
  if (others.length === 0) return 'there is no other host that takes VMs';
  return roomElsewhere(vm, { hosts, vms, settings }).length > 0 ? null : `no other host has ${spec.memoryMiB} MiB free`;
}

/** The other hosts that have room for it, awake or asleep. */
function roomElsewhere(vm: VmView, { hosts, vms, settings }: Omit<RtoFacts, 'status'>): HostView[] {
  return hosts.filter(({ host: name, health, admin, labels, observed }) => {
    if (name === vm.assignment?.host || admin !== 'active') return false;
    const there = vms.filter((other) => other.assignment?.host === name);
    const usedMiB = there.reduce((sum, other) => sum + other.spec.memoryMiB, 0);
    const mayPromiseMiB = Math.floor((observed?.capacity.memoryMiB ?? 0) * memoryOvercommitOf(settings, labels));
    return mayPromiseMiB - usedMiB >= vm.spec.memoryMiB && (health === 'online' || health === 'asleep');
  });
}

/** How long it takes to have room where only hosts that sleep have any; null where one that is awake has. */
function wakeMs(vm: VmView, facts: RtoFacts): number | null {
  const roomy = roomElsewhere(vm, facts);
  if (roomy.some(({ health }) => health === 'online')) return null;
  const times = roomy.flatMap(({ sleep }) => sleep?.wakeWithinMs ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

/** By its power switch, or else by its watchdog, which is slower; null without either. */
function powerProofMs(host: HostView | undefined): number | null {
  if (host?.power.state === 'verified') return longestMs.bmcTimeoutMs;
  const watchdog = host?.observed?.watchdog;
  if (!watchdog?.armed) return null;
  return leaseProofMs({ leaseMs: watchdog.leaseMs, watchdogMs: watchdog.timeoutMs, clockMarginMs });
}

function phasesOf(vm: VmView, facts: RtoFacts, proof: VmRto['proof']): Phase[] {
  const { vms, hosts } = facts;
  const { policy } = vm.spec;
  const beside = vms.filter(({ name, assignment }) => name !== vm.name && assignment?.host === vm.assignment?.host);
  const isAfterOthers = beside.some(({ spec }) => spec.policy.priority > policy.priority);
  const powerMs = powerProofMs(hosts.find(({ host }) => host === vm.assignment?.host)) ?? longestMs.bmcTimeoutMs;
  const proofMs = proof === 'storage' ? longestMs.proofTimeoutMs : powerMs;
  const phases: Phase[] = [
    { phase: 'suspected', atMostMs: longestMs.suspectAtMostMs },
    { phase: 'confirmed', atMostMs: longestMs.confirmWithinMs + longestMs.writeTimeoutMs },
    { phase: 'proven', atMostMs: proofMs + longestMs.writeTimeoutMs },
  ];
  if (isAfterOthers) phases.push({ phase: 'higher priority first', atMostMs: longestMs.standsBackMs });
  if (policy.after.length > 0) phases.push({ phase: 'what it needs first', atMostMs: longestMs.waitsForNeededMs });
  const wakesMs = wakeMs(vm, facts);
  if (wakesMs !== null) phases.push({ phase: 'a host woken', atMostMs: wakesMs });
  return [
    ...phases,
    { phase: 'placed', atMostMs: longestMs.writeTimeoutMs },
    { phase: 'attached', atMostMs: longestMs.storageTimeoutMs + longestMs.writeTimeoutMs },
    { phase: 'running', atMostMs: longestMs.startTimeoutMs + longestMs.writeTimeoutMs },
  ];
}

/** Each from its host's being out to its running, in the order in which they happened. */
export function recoveryTimesMs(events: readonly CloudEvent[]): number[] {
  const times: number[] = [];
  let sinceMs: number | null = null;
  for (const { type, data } of events) {
    const what = type.split('.')[3];
    if (what === 'recovering') sinceMs ??= data.atMs;
    else if (what === 'started' && sinceMs !== null) {
      times.push(data.atMs - sinceMs);
      sinceMs = null;
    } else if (what === 'stopped' || what === 'failed') sinceMs = null;
  }
  return times;
}

function measured(timesMs: readonly number[]): VmRto['measured'] {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half];
  if (upper === undefined) return { count: 0, medianMs: null, largestMs: null };
  const lower = sorted.length % 2 === 1 ? upper : (sorted[half - 1] ?? upper);
  return { count: sorted.length, medianMs: (lower + upper) / 2, largestMs: sorted.at(-1) ?? null };
}
