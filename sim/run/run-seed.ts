/** One seed: a cluster, its faults, its healing, and what was found. */
import type { Recovery, Violation, LogEntry } from '../check/checker.js';
import { unsettled } from '../check/liveness.js';
import { faultKinds } from '../faults/kinds.js';
import { schedulePlan, type PlanOptions } from '../faults/plan.js';
import { InvariantError, randomStream } from '@holdfast/kernel';
import type { Plant } from '../twin/plant.js';
import { logViews } from './report-views.js';
import { World, type HostSpec } from '../world/world.js';

export interface SeedOptions {
  hosts: number;
  vms: number;
  minutes: number;
  /** Names of fault kinds; all when empty. */
  faults: readonly string[];
  only?: ReadonlySet<number>;
  recorded?: PlanOptions['recorded'];
  /** What failover saw goes into the log, for a report. */
  views?: boolean;
  /** For tests: bugs to be found. */
  planted?: Plant;
}

export const defaultSeedOptions: SeedOptions = { hosts: 5, vms: 20, minutes: 10, faults: [] };

export interface SeedResult {
  seed: number;
  violations: Violation[];
  traceHash: number;
  events: number;
  steps: number;
  /** Not made, because nothing new would have come of them. */
  quietSteps: number;
  virtualMs: number;
  faultsByKind: Record<string, number>;
  recoveries: Recovery[];
}

/** Within this long after the last fault has healed everything must be as it should. */
const settleWithinMs = 180_000;

export function runSeed(seed: number, options: SeedOptions = defaultSeedOptions): SeedResult & { log: LogEntry[] } {
  return runWorld(new World(worldOf(seed, options)), options);
}

/** Lets the plan of its seed happen to a world, and heals it. */
export function runWorld(world: World, options: SeedOptions): SeedResult & { log: LogEntry[] } {
  const { seed } = world.options;
  const faults = options.faults.length > 0 ? options.faults : Object.keys(faultKinds);
  const { minutes, vms, only, recorded } = options;
  const plan = schedulePlan(world, {
    vms,
    minutes,
    faults,
    ...(only ? { only } : {}),
    ...(recorded ? { recorded } : {}),
  });
  const { loop, checker } = world;
  if (options.views) logViews(world);
  const isBroken = (): boolean => checker.violations.length > 0;
  try {
    loop.runUntil(minutes * 60_000, isBroken);
    if (!isBroken()) {
      checker.note('all.healed', 'every fault is healed');
      plan.healAll();
      settle(world);
    }
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    checker.broken('core-assertion', error.message);
  }
  return {
    seed,
    violations: checker.violations,
    traceHash: checker.traceHash,
    events: loop.eventCount,
    steps: loop.stepCount,
    quietSteps: loop.quietSteps(),
    virtualMs: loop.nowMs,
    faultsByKind: plan.faultsByKind,
    recoveries: checker.recoveries,
    log: checker.log,
  };
}

export function settle(world: World): void {
  const { loop, checker } = world;
  const healedAtMs = loop.nowMs;
  const isBroken = (): boolean => checker.violations.length > 0;
  for (;;) {
    loop.runUntil(loop.nowMs + 2000, isBroken);
    if (isBroken()) return;
    // The grace of the slowest timer: a quiet look before that is not the end of it.
    if (loop.nowMs - healedAtMs < 30_000) continue;
    const wrong = unsettled(world);
    if (wrong.length === 0) return;
    if (loop.nowMs - healedAtMs >= settleWithinMs) {
      for (const text of wrong.slice(0, 6)) checker.broken('liveness', text);
      return;
    }
  }
}

export function worldOf(seed: number, options: SeedOptions): ConstructorParameters<typeof World>[0] {
  const random = randomStream(`${seed}/world`);
  // Some clusters are so full that a lost host's VMs only just fit elsewhere.
  const isFull = random.next() < 0.3;
  const memoryMiB = isFull ? 2048 * Math.ceil((options.vms * 2.5) / (options.hosts - 1)) : 24_576;
  const spec: HostSpec = { cpus: 16, memoryMiB, power: 'on' };
  const hosts = Object.fromEntries(Array.from({ length: options.hosts }, (_, i) => [`host${i + 1}`, spec]));
  return {
    seed,
    hosts,
    control: random.next() < 0.7 ? 'apart' : 'hosts',
    storageNodes: random.next() < 0.7 ? 1 : 2,
    bootMs: [5000, 15_000],
    keepsHistory: true,
    ...(hasEveryFault(options) ? { watchdogsMs: watchdogsOf(seed, Object.keys(hosts)) } : {}),
    ...(random.next() < 0.15 ? { swappedBmcs: ['host1', 'host2'] as const } : {}),
    ...(options.planted ? { planted: options.planted } : {}),
  };
}

/** Who looks for one thing has nothing else happen. */
export function hasEveryFault({ faults }: SeedOptions): boolean {
  return faults.length === 0 || faults.length >= 10;
}

/** In some clusters some hosts have one. */
function watchdogsOf(seed: number, hosts: readonly string[]): Record<string, number> {
  const random = randomStream(`${seed}/watchdogs`);
  if (random.next() >= 0.3) return {};
  const some = hosts.filter(() => random.next() < 0.6);
  return Object.fromEntries(some.map((host) => [host, 1000 * (5 + random.integer(10))]));
}
