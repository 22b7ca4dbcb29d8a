/** An order in which moves can be done one by one, each with room on both hosts while it moves. */
import { demandFor } from '../capacity/prove.js';
import { search } from '../placement/search.js';
import type { Snapshot } from '../placement/snapshot.js';
import { Occupancy } from '../reassign/occupancy.js';
import { deviations, weighByDeviation, type LoadProblem } from './spread-of-load.js';

const leastGain = 1e-9;

export interface Step {
  /** Number of the process, and slots. */
  p: number;
  vm: number;
  from: number;
  to: number;
  gain: number;
}

/**
 * From where they are to `target`, those that gain most first. Where all that remain wait for each other, one of them
 * goes by way of a third host. What cannot be done even so is left out, and so is the end of the plan if it does not
 * pay. Within a trial; it ends with the moves done.
 */
export function inOrder(snapshot: Snapshot, { problem, vms, hosts }: LoadProblem, target: Int32Array): Step[] {
  const state = new Occupancy(problem, problem.initial);
  const waiting = new Set([...vms.keys()].filter((p) => target[p] !== problem.initial[p]));
  const steps: Step[] = [];
  const hasDetoured = new Set<number>();
  let paid = 0;
  let last = deviations(state, hosts);
  let [lowest, count] = [last, 0];
  const go = (p: number, to: number): void => {
    const vm = vms[p] as number;
    const from = state.at[p] as number;
    state.move(p, to, 0);
    snapshot.put(vm, to);
    // Each leg of the way is copied, wherever it ends.
    paid += problem.processMoveCost[p] as number;
    const now = deviations(state, hosts) + paid;
    steps.push({ p, vm, from, to, gain: last - now });
    last = now;
    if (now < lowest - leastGain) [lowest, count] = [now, steps.length];
  };
  weighByDeviation(state, hosts);
  for (let isGoing = true; isGoing && waiting.size > 0;) {
    isGoing = false;
    const byGain = [...waiting].map((p) => ({ p, delta: state.moveDelta(p, target[p] as number) }))
      .sort((a, b) => a.delta - b.delta || a.p - b.p);
    for (const { p } of byGain) {
      if (!takes(snapshot, vms[p] as number, target[p] as number)) continue;
      go(p, target[p] as number);
      waiting.delete(p);
      isGoing = true;
    }
    if (isGoing) continue;
    for (const { p } of byGain) {
      const third = hasDetoured.has(p) ? null : search(snapshot, demandFor(snapshot, vms[p] as number), null);
      if (!third || third.host === state.at[p] || third.host === target[p]) continue;
      go(p, third.host);
      hasDetoured.add(p);
      isGoing = true;
      break;
    }
  }
  return steps.slice(0, count);
}

const takes = (snapshot: Snapshot, vm: number, host: number): boolean =>
  search(snapshot, demandFor(snapshot, vm), host) !== null;
