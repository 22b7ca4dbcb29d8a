/** Where VMs should be so that hosts are used more evenly: by moves, exchanges and chains that pay. */
import { demandFor } from '../capacity/prove.js';
import { search } from '../placement/search.js';
import type { Snapshot } from '../placement/snapshot.js';
import { Annealing } from '../reassign/annealing.js';
import { Occupancy } from '../reassign/occupancy.js';
import type { Assignment } from '../reassign/problem.js';
import { weighByDeviation, type LoadProblem } from './load-problem.js';
import type { SurvivedLosses } from './survived.js';

/** Hosts looked at for each move, on either side. */
const hostsTried = 12;
/** So many moves that would pay and cannot be made, and it is enough. */
const refusedAtMost = 300;
const [proposalsPerVm, mostProposals] = [5, 50_000];
const leastGain = 1e-9;

export interface Trial {
  snapshot: Snapshot;
  loaded: LoadProblem;
  losses: SurvivedLosses;
}

/** Whether every filter of a placement lets it go there, and no loss becomes fatal by it: then it is there. */
export function tryMove({ snapshot, loaded, losses }: Trial, p: number, to: number): boolean {
  const vm = loaded.vms[p] as number;
  const host = loaded.hosts[to] as number;
  return search(snapshot, demandFor(snapshot, vm), host) !== null && losses.put(vm, host);
}

/** Move after move, each the best there is and possible at once, until none pays. Within a trial. */
export function byMoves(trial: Trial, maxMoves: number): Assignment {
  const { loaded } = trial;
  const { problem } = loaded;
  const state = new Occupancy(problem, problem.initial);
  const refused = new Set<number>();
  for (let moves = 0; moves < maxMoves && refused.size < refusedAtMost;) {
    weighByDeviation(loaded, state);
    const best = bestMove(problem.fixed, state, refused);
    if (!best) break;
    const { p, to, delta } = best;
    if (tryMove(trial, p, to)) {
      state.move(p, to, delta);
      moves += 1;
    } else refused.add(p * problem.machines + to);
  }
  return state.at;
}

/** What exchanges and chains find by chance from there on, whether or not each step can be made. */
export function bySearch(loaded: LoadProblem, from: Assignment): Assignment {
  const { problem } = loaded;
  const weight = weighByDeviation(loaded, new Occupancy(problem, from));
  const evenness = problem.evenness && { ...problem.evenness, weight };
  const annealing = new Annealing({ ...problem, evenness }, from, { seed: 1 });
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
function bestMove(fixed: Uint8Array, state: Occupancy, refused: ReadonlySet<number>): Candidate | null {
  const { machineCost } = state;
  const byCost = Array.from(machineCost.keys())
    .sort((a, b) => (machineCost[b] as number) - (machineCost[a] as number) || a - b);
  const uneven = byCost.slice(0, hostsTried);
  const targets = [...uneven, ...leastUsed(state, byCost.slice(hostsTried))];
  for (let first = 0; first < byCost.length; first += hostsTried) {
    const best = bestFrom(byCost.slice(first, first + hostsTried), targets, { fixed, state, refused });
    if (best) return best;
  }
  return null;
}

function bestFrom(
  sources: readonly number[],
  targets: readonly number[],
  { fixed, state, refused }: { fixed: Uint8Array; state: Occupancy; refused: ReadonlySet<number> },
): Candidate | null {
  let best: Candidate | null = null;
  let lowest = -leastGain;
  const machines = state.countOn.length;
  for (const from of sources) {
    const count = state.countOn[from] as number;
    for (let i = 0; i < count; i += 1) {
      const p = state.on[from]?.[i] as number;
      if (fixed[p] === 1) continue;
      for (const to of targets) {
        if (to === from || !state.canMove(p, to)) continue;
        const delta = state.moveDelta(p, to);
        if (delta > lowest || (delta === lowest && (best === null || best.p <= p))) continue;
        if (refused.has(p * machines + to)) continue;
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
