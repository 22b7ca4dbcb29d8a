/**
 * Which VMs to move so that hosts are used more evenly, in an order in which each move can be done: only moves that
 * pay, nobody's room or strict rule hurt on the way. Pure: the same snapshot and loads, the same plan.
 */
import type { Snapshot } from '../placement/snapshot.js';
import { Annealing } from '../reassign/annealing.js';
import { Occupancy } from '../reassign/occupancy.js';
import { inOrder, type Step } from './order.js';
import {
  busyCpus, loadProblem, unevennessOf, weighByDeviation, type LoadProblem, type Unevenness, type VmLoad, type Worth,
} from './spread-of-load.js';

export interface RebalanceOptions extends Partial<Worth> {
  /** At most so many moves. */
  maxMoves?: number;
}

export interface RebalanceMove {
  vm: string;
  from: string;
  to: string;
  /** Drop of both deviations, times the number of hosts, less what the copy is worth. */
  gain: number;
  memoryMiB: number;
}

export interface RebalancePlan {
  /** One after the other: later ones may need the room that earlier ones leave. */
  moves: RebalanceMove[];
  before: Unevenness;
  after: Unevenness;
  /** Memory to copy. */
  memoryMiB: number;
}

/** A move is worth it when it brings one host a tenth of its size nearer to the others, and a bit more for each GiB. */
const usualWorth: Worth = { gainPerGiB: 0.0005, gibPerMove: 200 };
/** Hosts looked at for each move, on either side. */
const hostsTried = 12;
const [proposalsPerVm, mostProposals] = [5, 50_000];
const leastGain = 1e-9;

export function planRebalance(
  snapshot: Snapshot,
  loads: ReadonlyMap<string, VmLoad>,
  options: RebalanceOptions = {},
): RebalancePlan {
  const worth = { ...usualWorth, ...options };
  const busy = busyCpus(snapshot, loads);
  const loaded = loadProblem(snapshot, busy, worth);
  const at = evener(loaded);
  const steps = snapshot.tryOut(() => inOrder(snapshot, loaded, at)).slice(0, options.maxMoves);
  const moves = steps.map((step) => moveOf(snapshot, step));
  const { initial } = loaded.problem;
  const after = initial.slice();
  for (const { p, to } of steps) after[p] = to;
  const memoryMiB = moves.reduce((sum, move) => sum + move.memoryMiB, 0);
  return { moves, before: unevennessOf(loaded, initial), after: unevennessOf(loaded, after), memoryMiB };
}

const moveOf = ({ hosts, vms }: Snapshot, { vm, from, to, gain }: Step): RebalanceMove => ({
  vm: vms.nameOf(vm), from: hosts.nameOf(from), to: hosts.nameOf(to), gain, memoryMiB: vms.memoryMiB[vm] as number,
});

/** Move after move, each the best there is, until none pays; then what exchanges and chains chance finds. */
function evener({ problem, hosts }: LoadProblem): Int32Array {
  const state = new Occupancy(problem, problem.initial);
  for (let left = problem.processes; left > 0; left -= 1) {
    weighByDeviation(state, hosts);
    const best = bestMove(problem.fixed, state);
    if (!best) break;
    state.move(best.p, best.to, best.delta);
  }
  const evenness = problem.evenness && { ...problem.evenness, weight: weighByDeviation(state, hosts) };
  const annealing = new Annealing({ ...problem, evenness }, state.at, { seed: 1 });
  annealing.slice(1, Math.min(mostProposals, problem.processes * proposalsPerVm));
  return annealing.best;
}

interface Candidate {
  p: number;
  to: number;
  delta: number;
}

/**
 * Away from the hosts that are furthest from even use, and if nothing pays there from the next ones; to one of them, or
 * to one that is used least. Null for none.
 */
function bestMove(fixed: Uint8Array, state: Occupancy): Candidate | null {
  const { machineCost } = state;
  const byCost = Array.from(machineCost.keys())
    .sort((a, b) => (machineCost[b] as number) - (machineCost[a] as number) || a - b);
  const uneven = byCost.slice(0, hostsTried);
  const targets = [...uneven, ...leastUsed(state, byCost.slice(hostsTried))];
  for (let first = 0; first < byCost.length; first += hostsTried) {
    const best = bestFrom(byCost.slice(first, first + hostsTried), targets, { fixed, state });
    if (best) return best;
  }
  return null;
}

function bestFrom(
  sources: readonly number[],
  targets: readonly number[],
  { fixed, state }: { fixed: Uint8Array; state: Occupancy },
): Candidate | null {
  let best: Candidate | null = null;
  let lowest = -leastGain;
  for (const from of sources) {
    const count = state.countOn[from] as number;
    for (let i = 0; i < count; i += 1) {
      const p = state.on[from]?.[i] as number;
      if (fixed[p] === 1) continue;
      for (const to of targets) {
        if (to === from || !state.canMove(p, to)) continue;
        const delta = state.moveDelta(p, to);
        if (delta >= lowest) continue;
        best = { p, to, delta };
        lowest = delta;
      }
    }
  }
  return best;
}

function leastUsed(state: Occupancy, hosts: readonly number[]): number[] {
  const leans = new Map(hosts.map((host) => [host, state.lean(host)]));
  const lean = (host: number): number => leans.get(host) ?? 0;
  return [...hosts].sort((a, b) => lean(a) - lean(b) || a - b).slice(0, hostsTried);
}
