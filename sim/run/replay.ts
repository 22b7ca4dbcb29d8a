/** Runs one scenario: the real cores against the world that the file describes. */
import type { VmRecord } from '@holdfast/contracts';
import { InvariantError } from '@holdfast/kernel';
import type { LogEntry, Recovery, Violation } from '../check/checker.js';
import { unsettled } from '../check/liveness.js';
import { scheduleBeside } from '../faults/beside.js';
import { operate } from '../faults/plan.js';
import type { Plant } from '../twin/plant.js';
import { World, type WorldOptions } from '../world/world.js';
import { act, describeAction } from './action.js';
import { People } from './people.js';
import { logViews } from './report-views.js';
import { RuleWatch } from './rule-watch.js';
import { settle } from './run-seed.js';
import type { Scenario } from './scenario.js';
import { isShrunkAction, ShrunkActions } from './shrink-verbs.js';

export interface ReplayResult {
  name: string;
  seed: number;
  virtualSeconds: number;
  invariants: 'held' | 'broken';
  violations?: Violation[];
  /** Where each running VM runs at the end. */
  running: Record<string, string>;
  events: ({ atMs: number; event: string } & LogEntry['data'])[];
  recoveries: Recovery[];
}

/** A scenario that has run, with all that can be asked about it. */
export interface Run {
  result: ReplayResult;
  log: LogEntry[];
  /** Moments at which a rule was broken, as sentences. */
  ruleBreaks: string[];
  /** What does not agree with the world at the end. */
  unsettled: string[];
  /** As it is at the end. */
  world: World;
}

/** `planted` is for tests: bugs to be found. */
export function replay(scenario: Scenario, planted?: Plant): ReplayResult & { log: LogEntry[] } {
  const { result, log } = runScenario(scenario, planted);
  return { ...result, log };
}

export function runScenario(scenario: Scenario, planted?: Plant): Run {
  const world = new World({ keepsHistory: true, ...worldOf(scenario), ...(planted ? { planted } : {}) });
  const { loop, checker } = world;
  const people = new People(world, scenario);
  const shrunk = new ShrunkActions(world);
  logViews(world);
  const rules = new RuleWatch(world, scenario.rules);
  for (const action of scenario.timeline) {
    loop.at(Math.round(action.atS * 1000), () => {
      checker.note('timeline', describeAction(action));
      if (isShrunkAction(action)) shrunk.act(action);
      else act(world, people, action);
    });
  }
  const { beside } = scenario;
  if (beside) scheduleBeside(world, beside.kinds, beside.untilS * 1000, beside.vms);
  if (scenario.operated) operate(world);
  runThrough(world, scenario, shrunk, rules);
  return {
    result: resultOf(scenario, world),
    log: checker.log,
    ruleBreaks: rules.breaks,
    unsettled: unsettled(world),
    world,
  };
}

function worldOf(scenario: Scenario): WorldOptions {
  const { seed, hosts, control, storageNodes, bootS, swappedBmcs } = scenario;
  const [least, most] = typeof bootS === 'number' ? [bootS, bootS] : bootS;
  const bootMs: [number, number] = [Math.round(least * 1000), Math.round(most * 1000)];
  const watched = Object.entries(hosts).filter(([, { watchdogS }]) => watchdogS !== undefined);
  const watchdogsMs = Object.fromEntries(watched.map(([host, { watchdogS }]) => [host, 1000 * (watchdogS ?? 0)]));
  return { seed, hosts, control, storageNodes, bootMs, watchdogsMs, ...(swappedBmcs ? { swappedBmcs } : {}) };
}

function runThrough(
  world: World,
  { untilS, healAtS }: Scenario,
  shrunk: ShrunkActions,
  rules: RuleWatch,
): void {
  const { loop, checker } = world;
  const isBroken = (): boolean => {
    rules.look();
    return checker.violations.length > 0;
  };
  try {
    if (healAtS !== undefined) {
      loop.runUntil(healAtS * 1000, isBroken);
      if (isBroken()) return;
      checker.note('all.healed', 'every fault is healed');
      shrunk.healAll();
      settle(world);
    }
    if (!isBroken()) loop.runUntil(untilS * 1000, isBroken);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    checker.broken('core-assertion', error.message);
  }
}

function resultOf({ name, seed }: Scenario, world: World): ReplayResult {
  const { violations, recoveries, log } = world.checker;
  return {
    name,
    seed,
    virtualSeconds: Math.round(world.loop.nowMs / 1000),
    invariants: violations.length === 0 ? 'held' : 'broken',
    ...(violations.length === 0 ? {} : { violations }),
    running: runningIn(world),
    events: log
      .filter(({ event }) => event.startsWith('host.') || event.startsWith('vm.'))
      .map(({ atMs, event, text, data }) => ({ atMs, event, ...data, text })),
    recoveries,
  };
}

/** A copy that its VM's record does not count any more, on a host that is cut off, is not the VM. */
function runningIn(world: World): Record<string, string> {
  const records = world.bus.bucket<VmRecord>('vms');
  const running: [string, string][] = [];
  for (const { domains, machine } of world.hypervisors()) {
    for (const [vm, { incoming, identity }] of domains) {
      const record = records.value(vm);
      const isCounted =
        record?.uid === identity.uid &&
        record.phase !== 'recovering' &&
        record.assignment !== null &&
        identity.generation >= record.assignment.generation;
      if (isCounted && !incoming) running.push([vm, machine.name]);
    }
  }
  return Object.fromEntries(running.sort(([a], [b]) => (a < b ? -1 : 1)));
}
