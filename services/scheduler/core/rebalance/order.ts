/** An order in which moves can be done one by one, each with room on both hosts while it moves. */
import { demandFor } from '../capacity/prove.js';
import { search } from '../placement/search.js';
import { Occupancy } from '../reassign/occupancy.js';
import type { Assignment } from '../reassign/problem.js';
import { tryMove, type Trial } from './even-out.js';
import { unevenness, weighByDeviation } from './load-problem.js';

const leastGain = 1e-9;

export interface Step {
  /** Numbers of the process and of the machines. */
  p: number;
  from: number;
  to: number;
  /** Drop of what is lowered, less what the copy is worth. */
  gain: number;
}

/**
 * From where they are to `target`, those that gain most first. Where all that remain wait for each other, one of them
 * goes by way of a third host. What cannot be done even so is left out, and so is the end of the plan if it does not
 * pay. Within a trial; it ends with the moves done.
 */
export function inOrder(trial: Trial, target: Assignment, maxMoves: number): Step[] {
  const { loaded } = trial;
  const { problem } = loaded;
  const state = new Occupancy(problem, problem.initial);
  const waiting = new Set([...problem.initial.keys()].filter((p) => target[p] !== problem.initial[p]));
  const steps: Step[] = [];
  const hasDetoured = new Set<number>();
  let paid = 0;
  let last = unevenness(loaded, state);
  let [lowest, count] = [last, 0];
  const go = (p: number, to: number): boolean => {
    const from = state.at[p] as number;
    if (!tryMove(trial, p, to)) return false;
    state.move(p, to, 0);
    // Each leg of the way is copied, wherever it ends.
    paid += problem.processMoveCost[p] as number;
    const now = unevenness(loaded, state) + paid;
    steps.push({ p, from, to, gain: last - now });
    last = now;
    if (now < lowest - leastGain) [lowest, count] = [now, steps.length];
    return true;
  };
  weighByDeviation(loaded, state);
  for (let isGoing = true; isGoing && waiting.size > 0 && steps.length < maxMoves;) {
    isGoing = false;
    const byGain = [...waiting].map((p) => ({ p, delta: state.moveDelta(p, target[p] as number) }))
      .sort((a, b) => a.delta - b.delta || a.p - b.p);
    for (const { p } of byGain) {
      if (steps.length >= maxMoves || !go(p, target[p] as number)) continue;
      waiting.delete(p);
      isGoing = true;
    }
    if (isGoing) continue;
    for (const { p } of byGain) {
      const third = hasDetoured.has(p) ? null : wayRound(trial, p, state.at[p] as number, target[p] as number);
      if (third === null || !go(p, third)) continue;
      hasDetoured.add(p);
      isGoing = true;
      break;
    }
  }
  return steps.slice(0, count);
}

/** The machine that would take it meanwhile; null for none. */
export function wayRound({ snapshot, loaded }: Trial, p: number, from: number, to: number): number | null {
  const demand = demandFor(snapshot, loaded.vms[p] as number);
  const avoid = new Map([from, to].map((m) => [loaded.hosts[m] as number, 'is not on the way']));
  const third = search(snapshot, { ...demand, avoid }, null);
  const m = third ? (snapshot.hosts.byName()[third.host] as number) : -1;
  return m >= 0 && mayBeOn(loaded.problem.places, loaded.hosts.length, p, m) ? m : null;
}

/** Not where nobody hears of it, and nowhere its rules prefer less. */
function mayBeOn(places: Trial['loaded']['problem']['places'], machines: number, p: number, m: number): boolean {
  const word = (places?.rowOf[p] ?? 0) * ((machines + 31) >> 5) + (m >> 5);
  return (((places?.bits[word] ?? 0) >>> (m & 31)) & 1) === 1;
}
