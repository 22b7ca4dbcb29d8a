/** Holds a run against what another HA manager came to in the same scenario. */
import type { VmRecord } from '@holdfast/contracts';
import type { LogEntry, Recovery } from '../check/checker.js';
import type { Run } from './replay.js';
import type { Outcome, Scenario } from './scenario.js';

/** Longer than this no VM may take that another system brings back. */
const mostRecoverySeconds = 10;

interface Judged {
  failures: string[];
  differs: string[];
}

export function judgeOutcome(scenario: Scenario, outcome: Outcome, run: Run): Judged {
  const judged: Judged = { failures: [], differs: [] };
  for (const vm of Object.keys(scenario.vms)) judgeVm(scenario, outcome, run, vm, judged);
  judgeRecoveries(scenario, outcome, run, judged);
  return judged;
}

type Wish = 'running' | 'stopped' | 'deleted';

/** What was last asked of it. */
function wishFor({ vms, timeline }: Scenario, vm: string): Wish {
  let wish: Wish = vms[vm]?.desired ?? 'stopped';
  for (const action of [...timeline].sort((a, b) => a.atS - b.atS)) {
    if (!('vm' in action) || action.vm !== vm || wish === 'deleted') continue;
    if (action.do === 'vm.start') wish = 'running';
    else if (action.do === 'vm.stop') wish = 'stopped';
    else if (action.do === 'vm.delete') wish = 'deleted';
  }
  return wish;
}

function judgeVm(scenario: Scenario, { running }: Outcome, { result, world }: Run, vm: string, judged: Judged): void {
  const wish = wishFor(scenario, vm);
  const host = result.running[vm];
  const isExpected = vm in running;
  if (host !== undefined && wish !== 'running') {
    judged.failures.push(`${vm} runs on ${host}, though it was asked to be ${wish}`);
  } else if (host === undefined && isExpected && wish === 'running') {
    judged.failures.push(`${vm} does not run: ${stateOf(world, vm)}`);
  } else if (host === undefined && isExpected) {
    const meaning =
      wish === 'deleted'
        ? 'there, deleting only ends its being watched over, and it runs on; Holdfast deletes the VM'
        : 'there, a stop is not heard in that state; Holdfast stops a VM whenever it is asked to';
    judged.differs.push(`${vm} does not run: ${meaning}`);
  } else if (host !== undefined && !isExpected) {
    const meaning = 'nothing in the file stops it or keeps it from every host, so Holdfast runs it as desired';
    const there = 'the other system had it in a state that the file does not carry';
    judged.differs.push(`${vm} runs on ${host}: ${there}; ${meaning}`);
  }
}

function judgeRecoveries(scenario: Scenario, { recoveries }: Outcome, { result, log }: Run, judged: Judged): void {
  const left = [...result.recoveries];
  for (const { vm, from, secondsAfterFault } of recoveries) {
    const index = left.findIndex((recovery) => recovery.vm === vm && recovery.from === from);
    const [found] = index < 0 ? [] : left.splice(index, 1);
    const withinS = Math.min(secondsAfterFault, mostRecoverySeconds);
    const isThere = ({ event, data }: LogEntry): boolean =>
      event.startsWith('copy.') && data['vm'] === vm && data['host'] === from;
    if (found && tookSeconds(found) > withinS) {
      judged.failures.push(`${vm} took ${tookSeconds(found).toFixed(1)} s to run again, allowed are ${withinS} s`);
    } else if (found) continue;
    else if (wishFor(scenario, vm) !== 'running') {
      judged.differs.push(`${vm} is not recovered from ${from}: nobody wants it to run`);
    } else if (log.some(isThere)) judged.failures.push(`${vm} did not recover from the loss of ${from}`);
    else judged.differs.push(`${vm} had nothing to recover from: it ran elsewhere than on ${from}`);
  }
}

export const tookSeconds = ({ faultAtMs, runningAtMs }: Recovery): number => (runningAtMs - faultAtMs) / 1000;

export function stateOf(world: Run['world'], vm: string): string {
  const record = world.bus.bucket<VmRecord>('vms').value(vm);
  return record ? `${record.phase} (${record.reason})` : 'there is no such VM';
}
