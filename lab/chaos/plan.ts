/**
 * What is broken, and when: a function of the seed and of the lab's shape, nothing else. A run is a row of rounds; each
 * does one fault, or two that overlap, undoes them, and then waits for all to be well, or in haste for a moment only.
 */
import { randomStream, type RandomStream } from '@holdfast/kernel';
import type { NetworkName } from '../plan.js';

/** The names that faults are done to. */
export interface ChaosTargets {
  hosts: readonly string[];
  /** Nodes with a NATS server and every control service; they may be hosts. */
  control: readonly string[];
  vms: readonly string[];
}

export type ChaosFault =
  /** Power gone, and back after that time. */
  | { kind: 'power-off'; host: string; lastsMs: number }
  | { kind: 'power-reset'; host: string }
  /** Neither management nor BMC; its guests write on. */
  | { kind: 'isolated'; host: string; lastsMs: number }
  | { kind: 'link-down'; host: string; network: NetworkName; lastsMs: number }
  /** SIGSTOP to every process of the host, and SIGCONT. */
  | { kind: 'frozen'; host: string; lastsMs: number }
  /** Told to go down, as by its operating system, and switched on again. */
  | { kind: 'shutdown'; host: string }
  | { kind: 'agent-stopped'; host: string; lastsMs: number }
  /** SIGKILL; its supervisor starts it again. */
  | { kind: 'program-killed'; node: string; program: string }
  | { kind: 'program-frozen'; node: string; program: string; lastsMs: number }
  | { kind: 'qemu-killed'; vm: string }
  /** The array gives the VM's host its first disk no more; all others go on. */
  | { kind: 'lun-lost'; vm: string; lastsMs: number }
  | { kind: 'san-off'; lastsMs: number }
  | { kind: 'bus-down'; lastsMs: number }
  /** A whole control node: without power, with all its processes frozen, or without its cables. */
  | { kind: 'control-off' | 'control-frozen' | 'control-cut'; node: string; lastsMs: number }
  /** No fault, but work that faults are to hit. */
  | { kind: 'migrate'; vm: string };
export type ChaosKind = ChaosFault['kind'];

export interface ChaosRound {
  number: number;
  /** In the order in which they begin; times since the round's begin. */
  faults: readonly { afterMs: number; fault: ChaosFault }[];
  /** Whether the next round waits until all is well again. */
  settles: boolean;
  restMs: number;
}

type Draw = (random: RandomStream, targets: ChaosTargets) => ChaosFault;

const sanNode = 'san1';
const controlKinds = ['control-off', 'control-frozen', 'control-cut'] as const;
const controlPrograms = ['nats', 'scheduler', 'failover', 'api'] as const;
const networks = ['management', 'storage', 'guest', 'bmc'] as const;
const lasts = { shortestMs: 1500, longestMs: 12_000 } as const;
const doubleShare = 0.45;
const settleShare = 0.7;
const apartAtMostMs = 4000;
const rest = { shortestMs: 500, longestMs: 4000 } as const;

const lastsMs = (random: RandomStream): number => between(random, lasts);

/** Each with its weight: what takes VMs with it comes more often. */
const draws: readonly (readonly [weight: number, draw: Draw])[] = [
  [5, (random, { hosts }) => ({ kind: 'power-off', host: pick(random, hosts), lastsMs: lastsMs(random) })],
  [2, (random, { hosts }) => ({ kind: 'power-reset', host: pick(random, hosts) })],
  [4, (random, { hosts }) => ({ kind: 'isolated', host: pick(random, hosts), lastsMs: lastsMs(random) })],
  [5, (random, { hosts }) => {
    const network = pick(random, networks);
    return { kind: 'link-down', host: pick(random, hosts), network, lastsMs: lastsMs(random) };
  }],
  [4, (random, { hosts }) => ({ kind: 'frozen', host: pick(random, hosts), lastsMs: lastsMs(random) })],
  [1, (random, { hosts }) => ({ kind: 'shutdown', host: pick(random, hosts) })],
  [2, (random, { hosts }) => ({ kind: 'agent-stopped', host: pick(random, hosts), lastsMs: lastsMs(random) })],
  [8, (random, targets) => ({ kind: 'program-killed', ...pickProgram(random, targets) })],
  [5, (random, targets) => ({ kind: 'program-frozen', ...pickProgram(random, targets), lastsMs: lastsMs(random) })],
  [3, (random, { vms }) => ({ kind: 'qemu-killed', vm: pick(random, vms) })],
  [3, (random, { vms }) => ({ kind: 'lun-lost', vm: pick(random, vms), lastsMs: lastsMs(random) })],
  [1, (random) => ({ kind: 'san-off', lastsMs: lastsMs(random) })],
  [1, (random) => ({ kind: 'bus-down', lastsMs: lastsMs(random) })],
  [4, (random, { control }) => {
    const kind = pick(random, controlKinds);
    return { kind, node: pick(random, control), lastsMs: lastsMs(random) };
  }],
  [4, (random, { vms }) => ({ kind: 'migrate', vm: pick(random, vms) })],
];
const weights = draws.reduce((sum, [weight]) => sum + weight, 0);

/** The same for the same seed, number and targets, whatever came before it. */
export function chaosRound(seed: number, number: number, targets: ChaosTargets): ChaosRound {
  const random = randomStream(`chaos/${seed}/${number}`);
  const first = drawFault(random, targets);
  const faults = [{ afterMs: 0, fault: first }];
  if (random.next() < doubleShare) {
    const afterMs = random.integer(apartAtMostMs);
    const second = drawOther(random, targets, first);
    if (second) faults.push({ afterMs, fault: second });
  }
  return { number, faults, settles: random.next() < settleShare, restMs: between(random, rest) };
}

/** For people: what is done to whom. */
export function faultText(fault: ChaosFault): string {
  const time = 'lastsMs' in fault ? ` for ${(fault.lastsMs / 1000).toFixed(1)} s` : '';
  return `${fault.kind} ${targetOf(fault)}${time}`;
}

function targetOf(fault: ChaosFault): string {
  if ('network' in fault) return `${fault.host} ${fault.network}`;
  if ('host' in fault) return fault.host;
  if ('program' in fault) return `${fault.node} ${fault.program}`;
  if ('node' in fault) return fault.node;
  if ('vm' in fault) return fault.vm;
  return fault.kind === 'san-off' ? sanNode : 'NATS';
}

/** Another target or another kind; null in the rare case that a few draws give none. */
function drawOther(random: RandomStream, targets: ChaosTargets, first: ChaosFault): ChaosFault | null {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const fault = drawFault(random, targets);
    if (!collides(fault, first)) return fault;
  }
  return null;
}

/** What would undo each other: two on one machine's power, cables or processes, or two of a kind on one target. */
function collides(a: ChaosFault, b: ChaosFault): boolean {
  const isSamePart = partOf(a) !== null && partOf(a) === partOf(b) && machineOf(a) === machineOf(b);
  return isSamePart || (a.kind === b.kind && targetOf(a) === targetOf(b));
}

/** Of a whole machine, what a fault is done to. */
function partOf({ kind }: ChaosFault): 'power' | 'cables' | 'processes' | null {
  if (['power-off', 'power-reset', 'shutdown', 'control-off'].includes(kind)) return 'power';
  if (['isolated', 'link-down', 'control-cut'].includes(kind)) return 'cables';
  return ['frozen', 'control-frozen'].includes(kind) ? 'processes' : null;
}

/** The host or control node that a fault is done to, or to a program of; null if it is neither's. */
export function machineOf(fault: ChaosFault): string | null {
  if ('host' in fault) return fault.host;
  return 'node' in fault && fault.node !== sanNode ? fault.node : null;
}

function drawFault(random: RandomStream, targets: ChaosTargets): ChaosFault {
  let left = random.next() * weights;
  for (const [weight, draw] of draws) {
    left -= weight;
    if (left < 0) return draw(random, targets);
  }
  throw new RangeError('the weights do not add up');
}

function pickProgram(random: RandomStream, { hosts, control }: ChaosTargets): { node: string; program: string } {
  const kinds = ['host', 'control', 'san'] as const;
  switch (pick(random, kinds)) {
    case 'host':
      return { node: pick(random, hosts), program: pick(random, ['agent', 'libvirtd']) };
    case 'control':
      return { node: pick(random, control), program: pick(random, controlPrograms) };
    case 'san':
      return { node: sanNode, program: pick(random, ['storage', 'tgtd']) };
  }
}

function pick<T>(random: RandomStream, items: readonly T[]): T {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new RangeError('there is nothing to pick from');
  return item;
}

function between(random: RandomStream, { shortestMs, longestMs }: { shortestMs: number; longestMs: number }): number {
  return shortestMs + random.integer(longestMs - shortestMs);
}
