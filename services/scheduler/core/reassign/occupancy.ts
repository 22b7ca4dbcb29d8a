/**
 * An assignment with what follows from it: room, cost of each machine, where each service is. It says what a move or an
 * exchange would cost, and does it, each in a time that depends on the number of resources and on nothing else.
 */
import type { Assignment, Evenness, Problem } from './problem.js';
import { ServiceLedger } from './service-ledger.js';

export class Occupancy {
  readonly at: Assignment;
  readonly ledger: ServiceLedger;
  /** Of the whole, moves counted. */
  cost = 0;
  /** By machine: its processes, in no order that matters, and how many of the row are in use. */
  readonly on: Int32Array[];
  readonly countOn: Int32Array;
  /** Load and balance. */
  readonly machineCost: Float64Array;
  /** By machine and resource: capacity less usage; and less what moved processes still hold. */
  private readonly free: Float64Array;
  protected readonly room: Float64Array;
  /** Usage begins to cost where less than this is free. */
  private readonly reserve: Float64Array;
  /** A row more than there are processes: nobody, who needs nothing. */
  protected readonly requirement: Float64Array;
  protected readonly nobody: number;
  private readonly place: Int32Array;
  private readonly scratch: Float64Array;
  private readonly balanceA: Int32Array;
  private readonly balanceB: Int32Array;
  private readonly balanceTarget: Float64Array;
  private readonly balanceWeight: Float64Array;
  protected readonly hasTransient: boolean;
  protected readonly resources: number;
  private readonly machines: number;
  protected readonly service: Int32Array;
  protected readonly initial: Int32Array;
  private readonly moveCost: Problem['moveCost'];
  private readonly loadWeight: Float64Array;
  private readonly transient: Uint8Array;
  private readonly processMove: Float64Array;
  private evenness: Problem['evenness'];
  private readonly capacity: Float64Array;
  private readonly places: Problem['places'];
  protected readonly serviceWeight: number;
  private readonly machineWeight: number;

  /** `at` has to be feasible. */
  constructor(problem: Problem, at: Assignment) {
    const { machines, processes, resources, weights, balances } = problem;
    this.at = at.slice();
    this.ledger = new ServiceLedger(problem);
    this.on = Array.from({ length: machines }, () => new Int32Array(8));
    this.countOn = new Int32Array(machines);
    this.machineCost = new Float64Array(machines);
    this.free = Float64Array.from(problem.capacity);
    this.room = Float64Array.from(problem.capacity);
    this.reserve = Float64Array.from(problem.capacity, (all, i) => all - (problem.safety[i] as number));
    this.requirement = new Float64Array((processes + 1) * resources);
    this.requirement.set(problem.requirement);
    this.nobody = processes;
    this.place = new Int32Array(processes);
    this.scratch = new Float64Array(resources);
    this.balanceA = Int32Array.from(balances, ({ a }) => a);
    this.balanceB = Int32Array.from(balances, ({ b }) => b);
    this.balanceTarget = Float64Array.from(balances, ({ target }) => target);
    this.balanceWeight = Float64Array.from(balances, ({ weight }) => weight);
    this.hasTransient = problem.transient.includes(1);
    this.resources = resources;
    this.machines = machines;
    this.service = problem.service;
    this.initial = new Int32Array(processes + 1).fill(-1);
    this.initial.set(problem.initial);
    this.moveCost = problem.moveCost;
    this.loadWeight = problem.loadWeight;
    this.transient = problem.transient;
    this.processMove = Float64Array.from(problem.processMoveCost, (cost) => cost * weights.processMove);
    this.evenness = problem.evenness;
    this.capacity = problem.capacity;
    this.places = problem.places;
    this.serviceWeight = weights.serviceMove;
    this.machineWeight = weights.machineMove;
    for (let p = 0; p < processes; p += 1) this.settle(p);
    for (let m = 0; m < machines; m += 1) {
      const cost = this.costWith(m, this.nobody, this.nobody);
      this.machineCost[m] = cost;
      this.cost += cost;
    }
    this.cost += this.ledger.mostMoved * this.serviceWeight;
  }

  /** Whether the constraints let the process go there, which is not where it is. */
  canMove(p: number, to: number): boolean {
    const service = this.service[p] as number;
    return !this.ledger.holds(service, to) && this.fits(to, p, this.nobody) && this.mayBeOn(p, to) &&
      this.ledger.allows(service, this.at[p] as number, to);
  }

  /** What the whole would cost more; below zero for less. */
  moveDelta(p: number, to: number): number {
    const from = this.at[p] as number;
    const { nobody } = this;
    return this.costWith(from, nobody, p) + this.costWith(to, p, nobody) -
      (this.machineCost[from] as number) - (this.machineCost[to] as number) +
      this.movingDelta(p, to) + this.serviceDelta(p, to, p, to);
  }

  move(p: number, to: number, delta: number): void {
    const from = this.at[p] as number;
    this.unhold(p);
    this.hold(p, to);
    this.machineCost[from] = this.costWith(from, this.nobody, this.nobody);
    this.machineCost[to] = this.costWith(to, this.nobody, this.nobody);
    this.cost += delta;
  }

  /** Whether two processes on different machines may take each other's place. */
  canSwap(p: number, q: number): boolean {
    const { ledger, at } = this;
    const [a, b] = [at[p] as number, at[q] as number];
    const [s, t] = [this.service[p] as number, this.service[q] as number];
    if (s !== t && (ledger.holds(s, b) || ledger.holds(t, a))) return false;
    if (!this.fits(b, p, q) || !this.fits(a, q, p) || !this.mayBeOn(p, b) || !this.mayBeOn(q, a)) return false;
    return s === t || (ledger.allows(s, a, b) && ledger.allows(t, b, a) && !ledger.areTied(s, t));
  }

  swapDelta(p: number, q: number): number {
    const [a, b] = [this.at[p] as number, this.at[q] as number];
    return this.costWith(a, q, p) + this.costWith(b, p, q) -
      (this.machineCost[a] as number) - (this.machineCost[b] as number) +
      this.movingDelta(p, b) + this.movingDelta(q, a) + this.serviceDelta(p, b, q, a);
  }

  swap(p: number, q: number, delta: number): void {
    const [a, b] = [this.at[p] as number, this.at[q] as number];
    this.unhold(p);
    this.unhold(q);
    this.hold(p, b);
    this.hold(q, a);
    this.machineCost[a] = this.costWith(a, this.nobody, this.nobody);
    this.machineCost[b] = this.costWith(b, this.nobody, this.nobody);
    this.cost += delta;
  }

  /** How far above the goal a machine is, all resources taken together; below zero for under it. */
  lean(machine: number): number {
    const { evenness, resources: count, free, capacity } = this;
    if (!evenness) return 0;
    let sum = 0;
    for (let r = 0; r < count; r += 1) {
      const cell = machine * count + r;
      const used = ((capacity[cell] as number) - (free[cell] as number)) * (evenness.scale[cell] as number);
      sum += (evenness.weight[r] as number) * (used - (evenness.goal[r] as number));
    }
    return sum;
  }

  /** By resource: the sum of the squares that evenness weighs. */
  squares(): Float64Array {
    const { evenness, resources: count, machines, free, capacity } = this;
    const sums = new Float64Array(count);
    if (!evenness) return sums;
    for (let cell = 0; cell < machines * count; cell += 1) {
      const scale = evenness.scale[cell] as number;
      const r = cell % count;
      if (scale === 0) continue;
      const away = ((capacity[cell] as number) - (free[cell] as number)) * scale - (evenness.goal[r] as number);
      sums[r] = (sums[r] as number) + away * away;
    }
    return sums;
  }

  /** By resource, what evenness is worth from now on. */
  weigh(weight: Float64Array): void {
    if (!this.evenness) return;
    this.evenness = { ...this.evenness, weight };
    for (let m = 0; m < this.machines; m += 1) {
      const cost = this.costWith(m, this.nobody, this.nobody);
      this.cost += cost - (this.machineCost[m] as number);
      this.machineCost[m] = cost;
    }
  }

  protected mayBeOn(p: number, machine: number): boolean {
    const { places } = this;
    const row = places ? (places.rowOf[p] as number) : -1;
    if (!places || row < 0) return true;
    const words = (this.machines + 31) >> 5;
    return ((places.bits[row * words + (machine >> 5)] as number) & (1 << (machine & 31))) !== 0;
  }

  private unevenness(machine: number, { weight, goal, scale }: Evenness): number {
    const { resources: count, scratch, capacity } = this;
    let cost = 0;
    for (let r = 0; r < count; r += 1) {
      const cell = machine * count + r;
      const used = ((capacity[cell] as number) - (scratch[r] as number)) * (scale[cell] as number);
      const away = used - (goal[r] as number);
      cost += (weight[r] as number) * away * away;
    }
    return cost;
  }

  /** Whether the machine has room for one with the other gone. */
  protected fits(machine: number, comes: number, goes: number): boolean {
    const { resources: count, room, requirement } = this;
    const first = machine * count;
    const [more, less] = [comes * count, goes * count];
    const isKept = this.initial[comes] === machine || this.initial[goes] === machine;
    if (isKept && this.hasTransient) return this.fitsTransient(machine, comes, goes);
    for (let r = 0; r < count; r += 1) {
      if ((requirement[more + r] as number) - (requirement[less + r] as number) > (room[first + r] as number)) {
        return false;
      }
    }
    return true;
  }

  /** One that comes back holds what is transient already; one that leaves goes on holding it. */
  private fitsTransient(machine: number, comes: number, goes: number): boolean {
    const { resources: count, room, requirement, transient } = this;
    const isBack = this.initial[comes] === machine;
    const keeps = this.initial[goes] === machine;
    for (let r = 0; r < count; r += 1) {
      const held = transient[r] === 1;
      const more = held && isBack ? 0 : (requirement[comes * count + r] as number);
      const less = held && keeps ? 0 : (requirement[goes * count + r] as number);
      if (more - less > (room[machine * count + r] as number)) return false;
    }
    return true;
  }

  protected costWith(machine: number, comes: number, goes: number): number {
    const { resources: count, free, reserve, requirement, scratch, loadWeight, balanceA, balanceB } = this;
    const first = machine * count;
    const [more, less] = [comes * count, goes * count];
    let cost = 0;
    for (let r = 0; r < count; r += 1) {
      const left = (free[first + r] as number) - (requirement[more + r] as number) + (requirement[less + r] as number);
      scratch[r] = left;
      const above = (reserve[first + r] as number) - left;
      if (above > 0) cost += above * (loadWeight[r] as number);
    }
    for (let i = 0; i < balanceA.length; i += 1) {
      const missing = (this.balanceTarget[i] as number) * (scratch[balanceA[i] as number] as number) -
        (scratch[balanceB[i] as number] as number);
      if (missing > 0) cost += missing * (this.balanceWeight[i] as number);
    }
    if (this.evenness) cost += this.unevenness(machine, this.evenness);
    return cost;
  }

  /** Of the process and of its machines. */
  protected movingDelta(p: number, to: number): number {
    const from = this.at[p] as number;
    const home = this.initial[p] as number;
    const row = home * this.machines;
    let delta = 0;
    if (to !== home) {
      delta += (this.processMove[p] as number) + this.machineMove(row + to);
    }
    if (from !== home) {
      delta -= (this.processMove[p] as number) + this.machineMove(row + from);
    }
    return delta;
  }

  private machineMove(cell: number): number {
    return this.moveCost === null ? 0 : this.machineWeight * (this.moveCost[cell] as number);
  }

  private serviceDelta(p: number, toP: number, q: number, toQ: number): number {
    if (this.serviceWeight === 0) return 0;
    const changeP = this.awayAfter(p, toP);
    const changeQ = p === q ? 0 : this.awayAfter(q, toQ);
    if (changeP === 0 && changeQ === 0) return 0;
    const most = this.ledger.mostMovedAfter(this.service[p] as number, changeP, this.service[q] as number, changeQ);
    return (most - this.ledger.mostMoved) * this.serviceWeight;
  }

  private awayAfter(p: number, to: number): number {
    const home = this.initial[p] as number;
    return (to === home ? 0 : 1) - (this.at[p] === home ? 0 : 1);
  }

  /** Takes it into the books, at the start. */
  private settle(p: number): void {
    const now = this.at[p] as number;
    const home = this.initial[p] as number;
    const { resources: count } = this;
    this.hold(p, now);
    for (let r = 0; r < count; r += 1) {
      const need = this.requirement[p * count + r] as number;
      if (this.transient[r] === 1) this.room[home * count + r] = (this.room[home * count + r] as number) - need;
    }
    if (now === home) return;
    this.cost += (this.processMove[p] as number) + this.machineMove(home * this.machines + now);
  }

  private hold(p: number, machine: number): void {
    this.take(p, machine, 1);
    this.enlist(p, machine);
  }

  private unhold(p: number): void {
    this.take(p, this.at[p] as number, -1);
    this.delist(p);
  }

  /** Into the books, but for the room it takes. */
  protected enlist(p: number, machine: number): void {
    this.at[p] = machine;
    const service = this.service[p] as number;
    this.ledger.join(service, machine);
    if (machine !== this.initial[p]) this.ledger.countMoved(service, 1);
    const count = this.countOn[machine] as number;
    let row = this.on[machine] as Int32Array;
    if (count === row.length) {
      const longer = new Int32Array(count * 2);
      longer.set(row);
      this.on[machine] = longer;
      row = longer;
    }
    row[count] = p;
    this.place[p] = count;
    this.countOn[machine] = count + 1;
  }

  protected delist(p: number): void {
    const machine = this.at[p] as number;
    const service = this.service[p] as number;
    this.ledger.leave(service, machine);
    if (machine !== this.initial[p]) this.ledger.countMoved(service, -1);
    const row = this.on[machine] as Int32Array;
    const last = (this.countOn[machine] as number) - 1;
    const other = row[last] as number;
    const place = this.place[p] as number;
    row[place] = other;
    this.place[other] = place;
    this.countOn[machine] = last;
  }

  protected take(p: number, machine: number, sign: number): void {
    const { resources: count, free, room, requirement } = this;
    const isHome = this.initial[p] === machine;
    for (let r = 0; r < count; r += 1) {
      const need = sign * (requirement[p * count + r] as number);
      const cell = machine * count + r;
      free[cell] = (free[cell] as number) - need;
      if (!isHome || this.transient[r] !== 1) room[cell] = (room[cell] as number) - need;
    }
  }
}
