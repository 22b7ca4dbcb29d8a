/**
 * What an assignment costs and which constraints it breaks, from the definitions and from nothing else: it shares no
 * line with the search, whose increments are held to it.
 */
import type { Assignment, Problem } from './problem.js';

export interface Cost {
  load: number;
  balance: number;
  processMove: number;
  serviceMove: number;
  machineMove: number;
  total: number;
  evenness: number;
}

const maxBroken = 20;

/** The first of the constraints that it breaks, in words; none when it is feasible. */
export function brokenBy(problem: Problem, at: Assignment): string[] {
  if (at.length !== problem.processes) return [`names ${at.length} machines for ${problem.processes} processes`];
  const strays = [...at.keys()].filter((p) => !((at[p] as number) >= 0 && (at[p] as number) < problem.machines));
  if (strays.length > 0) return [`process ${strays[0]} is on machine ${at[strays[0] as number]}, which there is not`];
  const ofService = membersOf(problem);
  return [
    ...overfull(problem, at),
    ...conflicts(problem, at, ofService),
    ...spreads(problem, at, ofService),
    ...dependencies(problem, at, ofService),
    ...[...at.keys()].filter((p) => problem.fixed[p] === 1 && at[p] !== problem.initial[p]).map((p) =>
      `process ${p} has left machine ${problem.initial[p]}, where it has to stay`),
    ...[...at.keys()].filter((p) => !mayBeOn(problem, p, at[p] as number)).map((p) =>
      `process ${p} is on machine ${at[p]}, where it may not be`),
  ].slice(0, maxBroken);
}

function mayBeOn({ places, machines }: Problem, p: number, machine: number): boolean {
  const row = places?.rowOf[p] ?? -1;
  const word = row * Math.ceil(machines / 32) + Math.floor(machine / 32);
  return row < 0 || ((places?.bits[word] ?? 0) >>> (machine % 32)) % 2 === 1;
}

function unevennessOf({ evenness, resources }: Problem, machine: number, used: Float64Array): number {
  let sum = 0;
  for (let r = 0; evenness && r < resources; r += 1) {
    const i = machine * resources + r;
    const away = (used[i] as number) * (evenness.scale[i] as number) - (evenness.goal[r] as number);
    sum += (evenness.weight[r] as number) * away ** 2;
  }
  return sum;
}

function membersOf({ services, service }: Problem): number[][] {
  const members = Array.from({ length: services }, (): number[] => []);
  for (const [p, s] of service.entries()) members[s]?.push(p);
  return members;
}

/** What each machine's processes use; `withLeft`: and those that have left it, of what is transient. */
function usageOf(problem: Problem, at: Assignment, withLeft: boolean): Float64Array {
  const { resources, requirement, initial, transient } = problem;
  const used = new Float64Array(problem.machines * resources);
  for (let p = 0; p < at.length; p += 1) {
    const [now, before] = [at[p] as number, initial[p] as number];
    for (let r = 0; r < resources; r += 1) {
      const need = requirement[p * resources + r] as number;
      used[now * resources + r] = (used[now * resources + r] as number) + need;
      if (!withLeft || now === before || transient[r] !== 1) continue;
      used[before * resources + r] = (used[before * resources + r] as number) + need;
    }
  }
  return used;
}

function overfull(problem: Problem, at: Assignment): string[] {
  const { resources, capacity } = problem;
  return [...usageOf(problem, at, true).entries()].flatMap(([i, used]) => used <= (capacity[i] as number) ? [] : [
    `machine ${Math.floor(i / resources)} uses ${used} of resource ${i % resources} and has ${capacity[i]}`,
  ]);
}

function conflicts(_: Problem, at: Assignment, ofService: number[][]): string[] {
  return ofService.flatMap((members, s) => {
    const taken = new Set<number>();
    return members.flatMap((p) => {
      const machine = at[p] as number;
      if (!taken.has(machine)) return taken.add(machine) && [];
      return [`two processes of service ${s} are on machine ${machine}`];
    });
  });
}

function spreads({ spread, location }: Problem, at: Assignment, ofService: number[][]): string[] {
  return ofService.flatMap((members, s) => {
    const there = new Set(members.map((p) => location[at[p] as number])).size;
    const wanted = spread[s] as number;
    return there >= wanted || members.length === 0 ? [] : [`service ${s} is in ${there} locations of ${wanted}`];
  });
}

function dependencies(problem: Problem, at: Assignment, ofService: number[][]): string[] {
  const { neighbourhood, dependencyStart, dependsOn } = problem;
  const inOf = ofService.map((members) => new Set(members.map((p) => neighbourhood[at[p] as number])));
  return inOf.flatMap((places, s) =>
    [...dependsOn.subarray(dependencyStart[s], dependencyStart[s + 1])].flatMap((other) =>
      [...places].filter((place) => !inOf[other]?.has(place)).map((place) =>
        `service ${s} is in neighbourhood ${place} without service ${other}, on which it depends`)));
}

export function costOf(problem: Problem, at: Assignment): Cost {
  const { resources: count, capacity, safety, loadWeight, weights, initial } = problem;
  const used = usageOf(problem, at, false);
  const free = (machine: number, r: number): number =>
    (capacity[machine * count + r] as number) - (used[machine * count + r] as number);
  const cost: Cost = { load: 0, balance: 0, processMove: 0, serviceMove: 0, machineMove: 0, evenness: 0, total: 0 };
  for (let machine = 0; machine < problem.machines; machine += 1) {
    for (let r = 0; r < count; r += 1) {
      const above = (used[machine * count + r] as number) - (safety[machine * count + r] as number);
      cost.load += (loadWeight[r] as number) * Math.max(0, above);
    }
    cost.evenness += unevennessOf(problem, machine, used);
    for (const { a, b, target, weight } of problem.balances) {
      cost.balance += weight * Math.max(0, target * free(machine, a) - free(machine, b));
    }
  }
  const moved = new Map<number, number>();
  for (let p = 0; p < at.length; p += 1) {
    const [now, before] = [at[p] as number, initial[p] as number];
    if (now === before) continue;
    const service = problem.service[p] as number;
    moved.set(service, (moved.get(service) ?? 0) + 1);
    cost.processMove += weights.processMove * (problem.processMoveCost[p] as number);
    cost.machineMove += weights.machineMove * (problem.moveCost?.[before * problem.machines + now] ?? 0);
  }
  let most = 0;
  for (const count of moved.values()) most = Math.max(most, count);
  cost.serviceMove = weights.serviceMove * most;
  cost.total = cost.load + cost.balance + cost.evenness + cost.processMove + cost.serviceMove + cost.machineMove;
  return cost;
}
