/** Whether a scenario came to what it had to: safety at every moment, and what its `expect` demands of the end. */
import type { VmRecord } from '@holdfast/contracts';
import type { LogEntry } from '../check/checker.js';
import { preferenceBreaks } from './judge-preference.js';
import { judgeOutcome, stateOf, tookSeconds } from './judge-outcome.js';
import { runScenario, type Run } from './replay.js';
import type { Demand, Scenario } from './scenario.js';

export interface Verdict {
  name: string;
  /** Why it failed; empty when it passed. */
  failures: string[];
  /** Where its expectation and Holdfast mean different things, with the reason: seen, and not held against it. */
  differs: string[];
}

export function judge(scenario: Scenario): Verdict {
  return judgeRun(scenario, runScenario(scenario));
}

export function judgeRun(scenario: Scenario, run: Run): Verdict {
  const { expect, name } = scenario;
  const { violations = [] } = run.result;
  const failures = [
    ...violations.map(({ invariant, atMs, text }) => `${invariant} broken at ${seconds(atMs)}: ${text}`),
    ...run.ruleBreaks.map((text) => `rule broken ${text}`),
  ];
  // A broken invariant ends the run, so its end says nothing.
  if (violations.length > 0) return { name, failures, differs: [] };
  failures.push(...preferenceBreaks(scenario, run));
  if (expect === undefined) return { name, failures, differs: [] };
  if ('strict' in expect) return { name, failures: [...failures, ...judgeDemand(expect, run)], differs: [] };
  const outcome = judgeOutcome(scenario, expect, run);
  return { name, failures: [...failures, ...outcome.failures], differs: outcome.differs };
}

function judgeDemand(demand: Demand, run: Run): string[] {
  return [
    ...judgeRunning(demand, run),
    ...judgeResting(demand, run),
    ...judgeFenced(demand, run),
    ...judgeRecoveries(demand, run),
    ...(demand.settled ? run.unsettled.map((text) => `not at rest: ${text}`) : []),
  ];
}

function judgeRunning({ running: expected }: Demand, { result, world }: Run): string[] {
  const failures: string[] = [];
  for (const [vm, where] of Object.entries(expected)) {
    const hosts = typeof where === 'string' ? [where] : where;
    const host = result.running[vm];
    if (host === undefined) failures.push(`${vm} does not run: ${stateOf(world, vm)}`);
    else if (!hosts.includes(host)) failures.push(`${vm} runs on ${host}, not on ${hosts.join(' or ')}`);
  }
  for (const [vm, host] of Object.entries(result.running)) {
    if (!(vm in expected)) failures.push(`${vm} runs on ${host}, and should not run`);
  }
  return failures;
}

function judgeResting({ running, resting: expected }: Demand, { world }: Run): string[] {
  const failures: string[] = [];
  const records = world.bus.bucket<VmRecord>('vms');
  for (const [vm, phase] of Object.entries(expected)) {
    if (records.value(vm)?.phase !== phase) failures.push(`${vm} should be ${phase}; it is ${stateOf(world, vm)}`);
  }
  for (const { name } of records.values()) {
    if (!(name in running) && !(name in expected)) failures.push(`${name} is left over: ${stateOf(world, name)}`);
  }
  return failures;
}

function judgeFenced({ fenced: expected }: Demand, { log }: Run): string[] {
  const isFencing = ({ event }: LogEntry): boolean => event === 'host.fencing' || event === 'host.fenced';
  const fenced = new Set(log.filter(isFencing).map(({ data }) => String(data['host'])));
  return [
    ...expected.filter((host) => !fenced.has(host)).map((host) => `${host} should have been fenced`),
    ...[...fenced].filter((host) => !expected.includes(host)).map((host) => `${host} was fenced, and should not be`),
  ];
}

function judgeRecoveries({ recoveries: expected }: Demand, { result }: Run): string[] {
  const failures: string[] = [];
  const left = [...result.recoveries];
  for (const { vm, from, withinS, orStays } of expected) {
    const index = left.findIndex((recovery) => recovery.vm === vm && recovery.from === from);
    const [found] = index < 0 ? [] : left.splice(index, 1);
    if (!found) {
      if (!orStays) failures.push(`${vm} did not recover from the loss of ${from}`);
    } else if (tookSeconds(found) > withinS) {
      failures.push(`${vm} took ${tookSeconds(found).toFixed(1)} s to run again, allowed are ${withinS} s`);
    }
  }
  const needless = left.map(({ vm, from, to }) => `${vm} recovered from ${from} to ${to}: it should not have had to`);
  return [...failures, ...needless];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;
