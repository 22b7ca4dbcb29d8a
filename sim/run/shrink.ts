/**
 * Reduces a scenario to the least that still breaks the same invariant: delta debugging (Zeller and Hildebrandt 2002,
 * complements only) over faults, requests, VMs and hosts, again and again until nothing more goes. What is left is
 * written with verbs that people read, where that still breaks it.
 */
import type { LogEntry, Violation } from '../check/checker.js';
import type { Plant } from '../twin/plant.js';
import { besideKinds, type BesideKind } from '../faults/beside.js';
import { replay } from './replay.js';
import type { SeedOptions } from './run-seed.js';
import type { Action, Scenario } from './scenario.js';
import { plainVerbs } from './shrink-plain.js';
import { scenarioOfSeed } from './shrink-seed.js';

export interface ShrinkCounts {
  faults: number;
  requests: number;
  vms: number;
  hosts: number;
}

export interface Shrunk {
  scenario: Scenario;
  violation: Violation;
  log: LogEntry[];
  before: ShrinkCounts;
  after: ShrinkCounts;
  runs: number;
}

export interface ShrinkOptions {
  /** It ends with the best so far after this many runs. */
  runsAtMost: number;
  progress?(runs: number, left: ShrinkCounts): void;
  signal?: AbortSignal;
  /** For tests: bugs to be found. */
  planted?: Plant;
}

export const defaultShrinkRuns = 400;

/** The scenario of a seed does not break what the seed itself broke. */
export class NotShrinkable extends Error {
  constructor(seed: number, { invariant, text }: Violation) {
    super(`seed ${seed} breaks ${invariant} (${text}), but written out as a scenario it does not`);
    this.name = 'NotShrinkable';
  }
}

/** Null when the seed breaks nothing. Throws `NotShrinkable`. */
export async function shrinkSeed(seed: number, sizes: SeedOptions, options: ShrinkOptions): Promise<Shrunk | null> {
  const found = scenarioOfSeed(seed, options.planted ? { ...sizes, planted: options.planted } : sizes);
  if (!found) return null;
  const shrunk = await shrinkScenario(found.scenario, options);
  if (!shrunk) throw new NotShrinkable(seed, found.violation);
  return shrunk;
}

/** Null when the scenario breaks nothing. */
export async function shrinkScenario(scenario: Scenario, options: ShrinkOptions): Promise<Shrunk | null> {
  const shrinker = Shrinker.of(scenario, options);
  if (!shrinker) return null;
  await shrinker.reduce();
  return shrinker.result();
}

const isFault = ({ do: verb }: Action): boolean => !verb.startsWith('vm.') || verb === 'vm.crash';

function countsOf({ timeline, vms, hosts }: Scenario): ShrinkCounts {
  const created = timeline.flatMap((action) => (action.do === 'vm.create' ? [action.vm] : []));
  const names = new Set([...Object.keys(vms), ...created]);
  const faults = timeline.filter((action) => isFault(action) && !isHealing(action)).length;
  const requests = timeline.filter((action) => !isFault(action) && action.do !== 'vm.create').length;
  return { faults, requests, vms: names.size, hosts: Object.keys(hosts).length };
}

const isHealing = (action: Action): boolean => 'on' in action && action.on && action.do !== 'host.maintenance';

class Shrinker {
  private runs = 1;
  private readonly before: ShrinkCounts;

  private constructor(
    private best: Scenario,
    private violation: Violation,
    private log: LogEntry[],
    private readonly options: ShrinkOptions,
  ) {
    this.before = countsOf(best);
  }

  static of(scenario: Scenario, options: ShrinkOptions): Shrinker | null {
    const { violations, log } = replay(scenario, options.planted);
    const [violation] = violations ?? [];
    return violation ? new Shrinker(scenario, violation, log, options) : null;
  }

  result(): Shrunk {
    const { best, violation, log, before, runs } = this;
    const after = countsOf(best);
    const about =
      `${violation.invariant}: ${violation.text} (seed ${best.seed}, reduced from ${before.faults} faults and ` +
      `${before.requests} requests to ${after.faults} and ${after.requests})`;
    return { scenario: { ...best, about }, violation, log, before, after, runs };
  }

  async reduce(): Promise<void> {
    let isSmaller = true;
    while (isSmaller && this.isGoingOn()) {
      const size = this.size();
      await this.reduceTimeline(isFault);
      await this.reduceVms();
      await this.reduceTimeline((action) => !isFault(action));
      await this.reduceHosts();
      for (const simpler of simplifications) await this.accept(simpler(this.best));
      isSmaller = this.size() < size;
    }
    await this.writePlainly();
  }

  private size(): number {
    const { timeline, hosts } = this.best;
    return timeline.length + Object.keys(hosts).length;
  }

  private isGoingOn(): boolean {
    return this.runs < this.options.runsAtMost && this.options.signal?.aborted !== true;
  }

  /** Keeps the candidate if it breaks the same invariant. */
  private async accept(candidate: Scenario | null): Promise<boolean> {
    if (!candidate || !this.isGoingOn()) return false;
    this.runs += 1;
    const { violations, log } = replay(candidate, this.options.planted);
    const same = violations?.find((violation) => isSame(violation, this.violation));
    if (same) {
      this.best = ended(candidate, same);
      this.violation = same;
      this.log = log;
    }
    this.options.progress?.(this.runs, countsOf(this.best));
    // Whoever waits may want to interrupt.
    await new Promise((resolve) => setImmediate(resolve));
    return same !== undefined;
  }

  private async reduceTimeline(isMeant: (action: Action) => boolean): Promise<void> {
    await this.reduceItems(
      () => this.best.timeline.filter(isMeant),
      (gone) => withoutActions(this.best, gone),
    );
  }

  private async reduceVms(): Promise<void> {
    const names = ({ timeline, vms }: Scenario): string[] => {
      const created = timeline.flatMap((action) => (action.do === 'vm.create' ? [action.vm] : []));
      return [...new Set([...Object.keys(vms), ...created])];
    };
    await this.reduceItems(
      () => names(this.best),
      (gone) => ({
        ...this.best,
        vms: Object.fromEntries(Object.entries(this.best.vms).filter(([name]) => !gone.has(name))),
        timeline: this.best.timeline.filter((action) => !('vm' in action) || !gone.has(action.vm)),
      }),
    );
  }

  private async reduceHosts(): Promise<void> {
    await this.reduceItems(
      () => Object.keys(this.best.hosts),
      (gone) => withoutHosts(this.best, gone),
    );
  }

  /** Tries to do without ever smaller parts of the items; `without` makes a candidate of what is best now. */
  private async reduceItems<T>(
    items: () => T[],
    without: (gone: ReadonlySet<T>) => Scenario | null,
  ): Promise<void> {
    let chunk = items().length;
    while (chunk >= 1 && this.isGoingOn()) {
      let at = 0;
      while (at < items().length && this.isGoingOn()) {
        const gone = new Set(items().slice(at, at + chunk));
        if (!(await this.accept(without(gone)))) at += chunk;
      }
      chunk = chunk === 1 ? 0 : Math.ceil(Math.min(chunk, items().length) / 2);
    }
  }

  /** Faults by their draw become verbs that name what they hit; what is not needed to heal them goes again. */
  private async writePlainly(): Promise<void> {
    const { healAtS = Infinity } = this.best;
    for (const action of [...this.best.timeline]) {
      const plain = plainVerbs(action, this.log, this.best);
      if (!plain || plain.some(({ atS }) => atS >= healAtS)) continue;
      const timeline = this.best.timeline.flatMap((each) => (each === action ? plain : [each]));
      await this.accept({ ...this.best, timeline: timeline.sort((a, b) => a.atS - b.atS) });
    }
    // What never heals could not come to rest: that would be another failure.
    if (this.violation.invariant !== 'liveness') await this.reduceTimeline(isFault);
    await this.reduceHosts();
  }
}

/** The same invariant; of the many ways not to come to rest, the same one too. */
function isSame(found: Violation, wanted: Violation): boolean {
  if (found.invariant !== wanted.invariant) return false;
  return found.invariant !== 'liveness' || shapeOf(found.text) === shapeOf(wanted.text);
}

/** A sentence without its names and numbers. */
const shapeOf = (text: string): string => text.replaceAll(/[\w-]*\d[\w-]*/g, '#');

/** Nothing after the violation matters. */
function ended(scenario: Scenario, { atMs }: Violation): Scenario {
  const { healAtS } = scenario;
  if (healAtS !== undefined && atMs >= healAtS * 1000) return scenario;
  const { healAtS: _, ...rest } = scenario;
  const timeline = scenario.timeline.filter(({ atS }) => atS * 1000 <= atMs);
  return { ...rest, timeline, untilS: Math.min(scenario.untilS, Math.ceil(atMs / 1000) + 1) };
}

function withoutActions(scenario: Scenario, gone: ReadonlySet<Action>): Scenario | null {
  const timeline = scenario.timeline.filter((action) => !gone.has(action));
  const created = new Set(timeline.flatMap((action) => (action.do === 'vm.create' ? [action.vm] : [])));
  const isKnown = (action: Action): boolean =>
    !('vm' in action) || created.has(action.vm) || scenario.vms[action.vm] !== undefined;
  return { ...scenario, timeline: timeline.filter(isKnown) };
}

function withoutHosts(scenario: Scenario, gone: ReadonlySet<string>): Scenario | null {
  const { hosts, vms, timeline, swappedBmcs } = scenario;
  const isNamed =
    swappedBmcs?.some((host) => gone.has(host)) === true ||
    Object.values(vms).some(({ host }) => gone.has(host)) ||
    timeline.some((action) => 'host' in action && action.host !== undefined && gone.has(action.host));
  const left = Object.entries(hosts).filter(([name]) => !gone.has(name));
  return isNamed || left.length < 1 ? null : { ...scenario, hosts: Object.fromEntries(left) };
}

function withoutBeside({ beside, ...rest }: Scenario, kind: BesideKind): Scenario | null {
  if (!beside?.kinds.includes(kind)) return null;
  const kinds = beside.kinds.filter((each) => each !== kind);
  return kinds.length === 0 ? rest : { ...rest, beside: { ...beside, kinds } };
}

/** Null where there is nothing to simplify. */
const simplifications: readonly ((scenario: Scenario) => Scenario | null)[] = [
  ({ beside, ...rest }) => (beside ? rest : null),
  ...besideKinds.map((kind) => (scenario: Scenario): Scenario | null => withoutBeside(scenario, kind)),
  ({ swappedBmcs, ...rest }) => (swappedBmcs ? rest : null),
  (scenario) => (scenario.operated ? { ...scenario, operated: false } : null),
  (scenario) => (scenario.storageNodes > 1 ? { ...scenario, storageNodes: 1 } : null),
  (scenario) => (scenario.control === 'hosts' ? { ...scenario, control: 'apart' } : null),
  (scenario) => (typeof scenario.bootS === 'number' ? null : { ...scenario, bootS: scenario.bootS[0] }),
  (scenario) => {
    const { healAtS, timeline, untilS } = scenario;
    if (healAtS === undefined) return null;
    const lastS = Math.max(10, ...timeline.map((action) => action.atS + ('seconds' in action ? action.seconds : 0)));
    const earlierS = Math.ceil(lastS) + 5;
    if (earlierS >= healAtS) return null;
    return { ...scenario, healAtS: earlierS, untilS: untilS - (healAtS - earlierS) };
  },
];
