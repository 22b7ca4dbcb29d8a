/**
 * An occupancy from which processes can be lifted, several at once. A lifted one takes no room, while the rules of
 * services still count it where it was: so each put-down is a move that keeps them, in whatever order it is done.
 */
import { Occupancy } from './occupancy.js';

export class Workbench extends Occupancy {
  /** From here on `put` has to follow before any move or exchange is judged. */
  lift(p: number): void {
    const from = this.at[p] as number;
    this.take(p, from, -1);
    this.reprice(from);
  }

  /** Of the first `count` candidates the one on which a lifted process costs least; -1 when none lets it in. */
  cheapestFor(p: number, candidates: Int32Array, count: number): number {
    const { ledger, nobody, resources, requirement, room } = this;
    const home = this.hasTransient ? this.initial[p] : -1;
    const need = p * resources;
    const service = this.service[p] as number;
    const from = this.at[p] as number;
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < count; i += 1) {
      const to = candidates[i] as number;
      // As `fits`, without what is only needed where others leave: most of the time goes by here.
      const first = to * resources;
      let r = 0;
      while (r < resources && (requirement[need + r] as number) <= (room[first + r] as number)) r += 1;
      if (r < resources && (to !== home || !this.fits(to, p, nobody))) continue;
      const more = this.costWith(to, p, nobody) - (this.machineCost[to] as number) + this.movingDelta(p, to);
      if (more >= least || !this.mayBeOn(p, to)) continue;
      if (to !== from && (ledger.holds(service, to) || !ledger.allows(service, from, to))) continue;
      [best, least] = [to, more];
    }
    return best;
  }

  /** Puts a lifted process down where `cheapestFor` said; or all of them where they were, the last one first. */
  put(p: number, to: number): void {
    if (to !== this.at[p]) {
      const before = this.ledger.mostMoved;
      this.cost += this.movingDelta(p, to);
      this.delist(p);
      this.enlist(p, to);
      this.cost += (this.ledger.mostMoved - before) * this.serviceWeight;
    }
    this.take(p, to, 1);
    this.reprice(to);
  }

  private reprice(machine: number): void {
    const cost = this.costWith(machine, this.nobody, this.nobody);
    this.cost += cost - (this.machineCost[machine] as number);
    this.machineCost[machine] = cost;
  }
}
