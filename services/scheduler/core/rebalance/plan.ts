/**
 * Which VMs to move so that hosts are used more evenly, in an order in which each move can be done: only moves that
 * pay, nobody's room or strict rule hurt on the way, and no loss of hosts made fatal. What is evened out is the load
 * (measured, and the larger of now and in an hour; reserved CPUs where nothing is measured) and the memory in use, each
 * as a share of the host. Pure: the same snapshot and loads, the same plan.
 */
import type { RebalanceHost, RebalanceMove, RebalancePlan } from '@holdfast/contracts';
import { demandFor } from '../capacity/prove.js';
import { search } from '../placement/search.js';
import type { Snapshot } from '../placement/snapshot.js';
import { Occupancy } from '../reassign/occupancy.js';
import type { Assignment } from '../reassign/problem.js';
import { byMoves, bySearch } from './even-out.js';
import type { Loads } from './load-book.js';
import { deviationsOf, load, loadProblem, memory, type LoadOptions, type LoadProblem } from './load-problem.js';
import { roomFor, type RoomStep } from './make-room.js';
import { inOrder, type Step } from './order.js';
import { SurvivedLosses } from './survived.js';

export interface RebalanceOptions extends LoadOptions {
  /** At most so many moves. */
  maxMoves: number;
  /** VMs that have to leave their hosts. Where one finds no room, others make it before anything is evened out. */
  leaving: readonly string[];
  /** Nothing is moved while no host uses so much more, as a share of itself, than all would alike. */
  beginsAbove: number;
}

/** A move is worth it when it brings one host a tenth of its size nearer to the others, and a bit more for each GiB. */
const usual: RebalanceOptions = {
  gainPerGiB: 0.0005,
  gibPerMove: 200,
  maxMoves: Infinity,
  leaving: [],
  beginsAbove: 0.15,
  whyStays: () => null,
};
const [hostsTold, leftTold, leftToldOfHost] = [10_000, 50, 5];

/** `loads` null: nothing is measured, and reservations count. */
export function planRebalance(
  snapshot: Snapshot,
  loads: Loads | null,
  some: Partial<RebalanceOptions> = {},
): RebalancePlan {
  const options = { ...usual, ...some };
  const loaded = loadProblem(snapshot, loads, options);
  const { initial } = loaded.problem;
  const isUneven = highest(loaded, initial) >= options.beginsAbove;
  const room = roomSteps(snapshot, loaded, options);
  const steps = room.length > 0 ? room : isUneven ? stepsOf(snapshot, loaded, options) : [];
  const after = initial.slice();
  for (const { p, to } of steps) after[p] = to;
  const [sigmas, then] = [initial, after].map((at) => deviationsOf(loaded, new Occupancy(loaded.problem, at)));
  return {
    moves: steps.map((step) => moveOf(snapshot, loaded, { step, loads })),
    hosts: hostsOf(snapshot, loaded, after),
    before: sigmas?.[load] ?? 0,
    after: then?.[load] ?? 0,
    memoryBefore: sigmas?.[memory] ?? 0,
    memoryAfter: then?.[memory] ?? 0,
    left: leftOn(snapshot, loaded, { at: after, above: options.beginsAbove }),
  };
}

function roomSteps(snapshot: Snapshot, loaded: LoadProblem, { leaving, maxMoves }: RebalanceOptions): RoomStep[] {
  const { vms } = snapshot;
  const slots = [...leaving].sort().flatMap((name) => vms.slot(name) ?? []);
  if (slots.every((vm) => search(snapshot, demandFor(snapshot, vm), null) !== null)) return [];
  slots.sort((a, b) => (vms.memoryMiB[b] as number) - (vms.memoryMiB[a] as number));
  const losses = new SurvivedLosses(snapshot);
  return snapshot.tryOut(() => roomFor({ snapshot, loaded, losses }, slots, maxMoves));
}

/** The better of what moves alone bring, and of what exchanges and chains add to them. */
function stepsOf(snapshot: Snapshot, loaded: LoadProblem, { maxMoves }: RebalanceOptions): Step[] {
  const trial = <T>(what: (losses: SurvivedLosses) => T): T => {
    const losses = new SurvivedLosses(snapshot);
    return snapshot.tryOut(() => what(losses));
  };
  const ordered = (target: Assignment): Step[] =>
    trial((losses) => inOrder({ snapshot, loaded, losses }, target, maxMoves));
  const moved = trial((losses) => byMoves({ snapshot, loaded, losses }, maxMoves));
  const isCut = [...moved.keys()].filter((p) => moved[p] !== loaded.problem.initial[p]).length >= maxMoves;
  const found = isCut ? moved : bySearch(loaded, moved);
  const steps = ordered(found);
  if (found.every((at, p) => at === moved[p])) return steps;
  const plainer = ordered(moved);
  return gainOf(steps) > gainOf(plainer) ? steps : plainer;
}

const gainOf = (steps: readonly Step[]): number => steps.reduce((sum, { gain }) => sum + gain, 0);

function moveOf(
  { hosts, vms }: Snapshot,
  loaded: LoadProblem,
  { step, loads }: { step: Step | RoomStep; loads: Loads | null },
): RebalanceMove {
  const vm = loaded.vms[step.p] as number;
  const host = (m: number): string => hosts.nameOf(loaded.hosts[m] as number);
  const level = loads?.vms.get(vms.nameOf(vm));
  return {
    vm: vms.nameOf(vm),
    from: host(step.from),
    to: host(step.to),
    memoryMiB: vms.sizeMiB(vm),
    cpus: level?.cpus ?? (vms.cpus[vm] as number),
    soon: level?.soon ?? null,
    gain: step.gain,
    makesRoomFor: 'makesRoomFor' in step ? vms.nameOf(step.makesRoomFor) : null,
  };
}

/** By machine: the sum of what its processes have of this, as a share of its size. */
function sharesOf(loaded: LoadProblem, at: Assignment, of: (p: number) => number, r: number): Float64Array {
  const { scale } = loaded.problem.evenness ?? { scale: new Float64Array(0) };
  const sums = new Float64Array(loaded.problem.machines);
  for (const [p, m] of at.entries()) sums[m] = (sums[m] as number) + of(p);
  return sums.map((sum, m) => sum * (scale[m * loaded.problem.resources + r] as number));
}

const requires = ({ problem }: LoadProblem, r: number) => (p: number): number =>
  problem.requirement[p * problem.resources + r] as number;

/** How far the host that is furthest above even use is. */
function highest(loaded: LoadProblem, at: Assignment): number {
  const { aboves } = abovesOf(loaded, at);
  return aboves.reduce((most, above, m) => (loaded.counted[m] === 1 ? Math.max(most, above) : most), 0);
}

/** By machine, of what is to be even: how far above even use it is, in the resource where that is most. */
function abovesOf(loaded: LoadProblem, at: Assignment): { aboves: Float64Array; worst: Int32Array } {
  const goal = loaded.problem.evenness?.goal ?? new Float64Array(0);
  const aboves = new Float64Array(loaded.problem.machines).fill(-Infinity);
  const worst = new Int32Array(loaded.problem.machines);
  for (const r of [memory, load]) {
    if (loaded.evens[r] !== 1) continue;
    for (const [m, share] of sharesOf(loaded, at, requires(loaded, r), r).entries()) {
      const above = share - (goal[r] as number);
      if (above <= (aboves[m] as number)) continue;
      aboves[m] = above;
      worst[m] = r;
    }
  }
  return { aboves, worst };
}

function hostsOf({ hosts }: Snapshot, loaded: LoadProblem, after: Assignment): RebalanceHost[] {
  const { problem, now, soon, counted, hasForecast } = loaded;
  const byMachine = (wants: Float64Array, at: Assignment): Float64Array =>
    sharesOf(loaded, at, (p) => wants[p] as number, load);
  const use = (at: Assignment): Float64Array => sharesOf(loaded, at, requires(loaded, memory), memory);
  const told = [byMachine(now, problem.initial), byMachine(now, after), use(problem.initial), use(after)] as const;
  const then = hasForecast ? [byMachine(soon, problem.initial), byMachine(soon, after)] : [];
  const machines = [...counted.keys()].filter((m) => counted[m] === 1).slice(0, hostsTold);
  return machines.map((m) => ({
    host: hosts.nameOf(loaded.hosts[m] as number),
    before: told[0][m] as number,
    after: told[1][m] as number,
    soon: then[0]?.[m] ?? null,
    soonAfter: then[1]?.[m] ?? null,
    memoryBefore: told[2][m] as number,
    memoryAfter: told[3][m] as number,
  }));
}

/** The largest VMs of hosts that stay far above the others: what keeps each there. */
function leftOn(
  { hosts, vms }: Snapshot,
  loaded: LoadProblem,
  { at, above }: { at: Assignment; above: number },
): RebalancePlan['left'] {
  const { aboves, worst } = abovesOf(loaded, at);
  const left: RebalancePlan['left'] = [];
  const high = [...aboves.keys()].filter((m) => loaded.counted[m] === 1 && (aboves[m] as number) >= above);
  const on = new Map(high.map((m): [number, number[]] => [m, []]));
  for (const p of loaded.vms.keys()) on.get(at[p] as number)?.push(p);
  for (const m of high.sort((a, b) => (aboves[b] as number) - (aboves[a] as number) || a - b)) {
    const size = requires(loaded, worst[m] as number);
    const largest = (on.get(m) ?? []).sort((a, b) => size(b) - size(a) || a - b).slice(0, leftToldOfHost);
    for (const p of largest) {
      const text = loaded.stays.get(p) ?? 'no move of it pays, obeys all rules and leaves room for a loss';
      left.push({ vm: vms.nameOf(loaded.vms[p] as number), host: hosts.nameOf(loaded.hosts[m] as number), text });
    }
  }
  return left.slice(0, leftTold);
}
