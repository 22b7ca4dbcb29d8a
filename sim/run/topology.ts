/** What would survive: an inventory, simulated, loses one thing at a time, and the real cores go about it. */
import type {
  HostRecord,
  Observed,
  PoolRecord,
  RuleSpec,
  VmRecord,
} from '@holdfast/contracts';
import { InvariantError } from '@holdfast/kernel';
import { proofOf } from '@holdfast/scheduler/core';
import type { Violation } from '../check/checker.js';
import type { World } from '../world/world.js';
import { TopologyError, type Topology } from './topology-file.js';
import { elementsOf, lose, type LossKind, type Touched } from './topology-loss.js';
import { firstEpoch, firstGeneration, worldOf } from './topology-world.js';

export interface VmOutcome {
  vm: string;
  from: string;
  /**
   * returned: runs elsewhere; runs-on: as if nothing had happened; stalls: runs, and waits for its disk;
   * waits: runs nowhere, for the reason given.
   */
  outcome: 'returned' | 'runs-on' | 'stalls' | 'waits';
  to: string | null;
  /** From the loss to its guest running again. */
  afterMs: number | null;
  /** Why its old copy could not write any more. */
  proof: string | null;
  reason: string;
}

export interface Loss extends Touched {
  name: string;
  /** VMs that nothing happened to. */
  untouched: number;
  /** VMs on what was lost, or with a disk there. */
  vms: VmOutcome[];
  recovery: { medianMs: number; maxMs: number } | null;
  /** How many VMs returned by which proof. */
  proofs: Record<string, number>;
  violations: Violation[];
}

export interface LossReport {
  name: string;
  kind: LossKind;
  hosts: number;
  vms: number;
  losses: Loss[];
  /** True when everything comes back, or was never gone. */
  allReturn: boolean;
  /** What is not as the inventory says it, before anything is lost. */
  remarks: string[];
}

export interface LossOptions {
  kind: LossKind;
  /** Only this one. */
  name?: string;
  signal?: AbortSignal;
  progress?(done: number, of: number, name: string): void;
}

const comeUpWithinMs = 120_000;
const stepMs = 250;
/** Nothing more has happened for this long: nothing more will. */
const quietMs = 15_000;
const watchAtLeastMs = 12_000;
const watchAtMostMs = 180_000;

/** Throws `TopologyError` when there is nothing of that kind or name, or when the VMs do not fit. */
export async function loseEach(topology: Topology, options: LossOptions): Promise<LossReport> {
  const { kind, name, signal, progress } = options;
  const elements = elementsOf(topology, kind);
  if (name !== undefined && !elements.includes(name)) {
    const known = elements.slice(0, 12).join(', ');
    const more = elements.length > 12 ? `, and ${elements.length - 12} more` : '';
    throw new TopologyError('--name', `there is no ${kind} ${name}`, `choose from ${known}${more}`);
  }
  const chosen = name === undefined ? elements : [name];
  const losses: Loss[] = [];
  const remarks = new Set<string>();
  for (const [index, element] of chosen.entries()) {
    if (signal?.aborted) break;
    progress?.(index, chosen.length, element);
    // Whoever waits may want to interrupt.
    await new Promise((resolve) => setImmediate(resolve));
    const { loss, before } = loseOne(topology, kind, element);
    losses.push(loss);
    for (const remark of before) remarks.add(remark);
  }
  const allReturn = losses.every(
    ({ vms, violations }) =>
      violations.length === 0 && vms.every(({ outcome }) => outcome === 'returned' || outcome === 'runs-on'),
  );
  const counts = { hosts: topology.hosts.size, vms: topology.vms.size };
  return { name: topology.name, kind, ...counts, losses, allReturn, remarks: [...remarks] };
}

function loseOne(topology: Topology, kind: LossKind, name: string): { loss: Loss; before: string[] } {
  const { world } = worldOf(topology);
  const { checker, loop } = world;
  try {
    const before = comeUp(world, topology);
    const ranOn = hostsOf(world);
    const lostAtMs = loop.nowMs;
    const recoveredBefore = checker.recoveries.length;
    const touched = lose(world, topology, kind, name);
    const affected = affectedBy(world, ranOn, touched);
    watch(world, affected, lostAtMs);
    const recoveries = checker.recoveries.slice(recoveredBefore);
    const runningAtMs = new Map(recoveries.map(({ vm, runningAtMs: atMs }) => [vm, atMs] as const));
    const facts = factsOf(world);
    const vms = affected.map((vm) => {
      const atMs = runningAtMs.get(vm.name);
      return outcomeOf(world, facts, vm, atMs === undefined ? null : atMs - lostAtMs);
    });
    const untouched = topology.vms.size - vms.length;
    return { loss: { name, ...touched, untouched, ...summary(vms), violations: checker.violations }, before };
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    checker.broken('core-assertion', error.message);
    const nothing = { hosts: [], storage: [], control: [], untouched: 0, ...summary([]) };
    return { loss: { name, ...nothing, violations: checker.violations }, before: [] };
  }
}

function summary(vms: VmOutcome[]): Pick<Loss, 'vms' | 'recovery' | 'proofs'> {
  const tookMs = vms.flatMap(({ afterMs }) => (afterMs === null ? [] : [afterMs])).sort((a, b) => a - b);
  const proofs: Record<string, number> = {};
  for (const { proof } of vms) if (proof !== null) proofs[proof] = (proofs[proof] ?? 0) + 1;
  const [medianMs, maxMs] = [tookMs[Math.floor((tookMs.length - 1) / 2)], tookMs.at(-1)];
  return { vms, proofs, recovery: medianMs === undefined || maxMs === undefined ? null : { medianMs, maxMs } };
}

/** Hosts are heard, their power switches checked, rules made and obeyed. Says what is not as it should be. */
function comeUp(world: World, topology: Topology): string[] {
  const { loop, checker } = world;
  const remarks: string[] = [];
  loop.runUntil(2000);
  for (const { id, ...spec } of topology.rules) putRule(world, id, spec, remarks);
  let rested = 0;
  while (rested < 2 && loop.nowMs < comeUpWithinMs && checker.violations.length === 0) {
    loop.runUntil(loop.nowMs + 2000);
    rested = isAtRest(world) ? rested + 1 : 0;
  }
  for (const vm of world.bus.bucket<VmRecord>('vms').values()) {
    if (remarks.length >= 20) break;
    if (vm.phase !== 'running') remarks.push(`before the loss ${vm.name} is ${vm.phase}: ${vm.reason}`);
  }
  return remarks;
}

function putRule(world: World, id: string, spec: RuleSpec, remarks: string[]): void {
  const request = { operation: `inventory-${id}`, rule: id, spec };
  world.send('scheduler', 'rule-put', request, (reply) => {
    if (!reply.ok) remarks.push(`the rule ${id} was refused: ${reply.refusal.message}`);
  });
}

function isAtRest(world: World): boolean {
  for (const { health, power } of world.bus.bucket<HostRecord>('hosts').values()) {
    if (health !== 'online' || power.state === 'unchecked') return false;
  }
  return world.bus.bucket<VmRecord>('vms').values().every(({ phase }) => phase === 'running');
}

/** As the records have it: rules may have moved some since the beginning. */
function hostsOf(world: World): VmRecord[] {
  return world.bus.bucket<VmRecord>('vms').values().filter(({ assignment }) => assignment !== null);
}

function affectedBy(world: World, vms: readonly VmRecord[], touched: Touched): VmRecord[] {
  const hosts = new Set(touched.hosts);
  const storage = new Set(touched.storage);
  // Hosts that carry the control plane run their VMs on when only its bus is lost.
  const isAll = world.bus.isOut;
  return vms.filter(
    ({ assignment, volumes }) =>
      isAll || hosts.has(assignment?.host ?? '') || volumes.some(({ node }) => storage.has(node)),
  );
}

/** Until every VM runs again, or nothing has changed for long. */
function watch(world: World, affected: readonly VmRecord[], lostAtMs: number): void {
  const { loop, checker, bus } = world;
  const vms = bus.bucket<VmRecord>('vms');
  let changedAtMs = lostAtMs;
  let seen = '';
  while (checker.violations.length === 0 && loop.nowMs < lostAtMs + watchAtMostMs) {
    loop.runUntil(loop.nowMs + stepMs, () => checker.violations.length > 0);
    let running = 0;
    let phases = '';
    for (const before of affected) {
      const now = vms.value(before.name) ?? before;
      if (now.phase === 'running' && runsAt(world, now)) running += 1;
      phases += `${now.phase} `;
    }
    if (phases !== seen) [seen, changedAtMs] = [phases, loop.nowMs];
    const isDone = running === affected.length && loop.nowMs - changedAtMs >= 5000;
    const hasEnded = isDone || loop.nowMs - changedAtMs >= quietMs;
    if (hasEnded && loop.nowMs - lostAtMs >= watchAtLeastMs) return;
  }
}

/** Its QEMU is there, at its generation. */
function runsAt(world: World, { name, assignment }: VmRecord): boolean {
  if (!assignment) return false;
  const domain = world.hosts.get(assignment.host)?.hypervisor.domains.get(name);
  return domain?.identity.generation === assignment.generation;
}

type Facts = Parameters<typeof proofOf>[2];

function factsOf({ bus }: World): Facts {
  return {
    host: (name) => bus.bucket<HostRecord>('hosts').value(name),
    observed: (name) => bus.bucket<Observed>('observed').value(name),
    pool: (name) => bus.bucket<PoolRecord>('pools').value(name),
  };
}

function outcomeOf(world: World, facts: Facts, before: VmRecord, afterMs: number | null): VmOutcome {
  const { name, assignment } = before;
  const at = assignment ?? { host: '', hostEpoch: firstEpoch, generation: firstGeneration };
  const now = world.bus.bucket<VmRecord>('vms').value(name) ?? before;
  const host = now.assignment?.host ?? at.host;
  const isRunning = runsAt(world, now);
  const { health, reason: why } = facts.host(host) ?? { health: 'unknown', reason: '' };
  const about = { vm: name, from: at.host };
  if (now.assignment && now.assignment.generation > at.generation && now.phase === 'running' && isRunning) {
    const proof = proofOf(before, at, facts);
    return { ...about, outcome: 'returned', to: host, afterMs, proof, reason: now.reason };
  }
  const none = { to: null, afterMs: null, proof: null };
  if (!isRunning) {
    const reason = now.phase === 'running' ? `${host} is ${health}: ${why}` : `${now.phase}: ${now.reason}`;
    return { ...about, ...none, outcome: 'waits', reason };
  }
  const cutOff = now.volumes.find(({ node }) => !world.network.connects(host, node, 'storage'));
  if (cutOff) {
    const reason = `runs on ${host}, and its guest waits: ${cutOff.node}, where its disk is, cannot be reached`;
    return { ...about, ...none, outcome: 'stalls', reason };
  }
  return { ...about, ...none, outcome: 'runs-on', reason: health === 'online' ? '' : `${host} is ${health}: ${why}` };
}
