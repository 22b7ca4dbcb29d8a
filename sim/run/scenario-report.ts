/** A scenario's run told line by line: what was done to the cluster, what it decided, what ran where in the end. */
import type { VmRecord } from '@holdfast/contracts';
import type { LogEntry } from '../check/checker.js';
import { tookSeconds } from './judge-outcome.js';
import type { Run } from './replay.js';
import type { Scenario } from './scenario.js';

/** A timeline that begins later finds a cluster that has come up. */
const startedMs = 20_000;
/** Steps on the way, of which another line tells the end. */
const omitted = [
  /^(volume|rule)\.|^(asked|view)$|-requested$/,
  /^attachment\.(requested|opened|reopening|revoking|gone)$/,
  /^vm\.(requested|settled|moving)$|^host\.power-verified$/,
];

/** Reasons that change with every fact: told when they have stayed the same for so long. */
const passing = new Set(['vm.unplaceable', 'drain.progressed', 'host.held']);
const stayedMs = 1000;

/** Lines without their ends. Ids that are drawn are left out, so that only a change of behaviour changes it. */
export function scenarioReport(scenario: Scenario, run: Run): string[] {
  const firstMs = Math.min(...scenario.timeline.map(({ atS }) => atS * 1000), Infinity);
  const isUp = firstMs >= startedMs;
  const isTold = ({ atMs, event, text }: LogEntry): boolean =>
    !(isUp && atMs < firstMs) && !omitted.some((each) => each.test(event)) && !isDrawn(event, text);
  return [
    scenario.name,
    '',
    ...(isUp ? [...startLines(scenario, run, firstMs), ''] : []),
    ...settled(run.log.filter(isTold)).map(lineOf),
    '',
    ...endLines(run),
  ];
}

function settled(log: readonly LogEntry[]): LogEntry[] {
  const subject = ({ event, text }: LogEntry): string => `${event} ${text.split(':')[0]}`;
  return log.filter((entry, index) => {
    if (!passing.has(entry.event)) return true;
    const next = log.slice(index + 1).find((later) => subject(later) === subject(entry));
    return next === undefined || next.atMs - entry.atMs > stayedMs;
  });
}

/** A fault whose target is drawn is told by the line that names it. */
const isDrawn = (event: string, text: string): boolean => event === 'timeline' && text.startsWith('fault ');

/** What is done to the cluster stands out from what it does. */
function lineOf({ atMs, event, text }: LogEntry): string {
  const isDone = event === 'timeline' || event.startsWith('fault.');
  const told = event === 'timeline' ? plain(text) : `${isDone ? `${event} ` : ''}${plain(text)}`;
  return `${(atMs / 1000).toFixed(3).padStart(9)}  ${(isDone ? '>' : event).padEnd(22)}  ${told}`.trimEnd();
}

const plain = (text: string): string =>
  text
    .replace(/^#\d+ /, '')
    .replaceAll(/(-disk\d+)-[a-z0-9]+/g, '$1')
    .replaceAll(/ ?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '');

/** Where VMs ran just before the first thing happened. */
function startLines({ hosts }: Scenario, { log }: Run, firstMs: number): string[] {
  const places = new Map<string, string>();
  for (const { atMs, event, data } of log) {
    if (atMs >= firstMs || !event.startsWith('copy.')) continue;
    const [vm, host] = [String(data['vm']), String(data['host'])];
    if (event !== 'copy.ended') places.set(vm, host);
    else if (places.get(vm) === host) places.delete(vm);
  }
  return Object.keys(hosts).map((host) => {
    const vms = [...places].flatMap(([vm, at]) => (at === host ? [vm] : [])).sort();
    return `at the start  ${host.padEnd(6)}  ${vms.length === 0 ? 'no VM' : vms.join(', ')}`;
  });
}

function endLines({ result, world, unsettled, ruleBreaks }: Run): string[] {
  const { running, recoveries, invariants, violations = [], virtualSeconds } = result;
  const lines = [`after ${virtualSeconds} s, every invariant ${invariants === 'held' ? 'held' : 'did not hold'}`];
  for (const { invariant, text } of violations) lines.push(`  broken       ${invariant}: ${text}`);
  for (const text of ruleBreaks) lines.push(`  rule broken  ${text}`);
  for (const [vm, host] of Object.entries(running)) lines.push(`  running      ${vm} on ${host}`);
  for (const { name, phase, reason } of byName(world.bus.bucket<VmRecord>('vms').values())) {
    if (!(name in running)) lines.push(`  ${phase.padEnd(11)}  ${name}: ${plain(reason)}`);
  }
  for (const recovery of recoveries) {
    const { vm, from, to } = recovery;
    lines.push(`  recovered    ${vm} from ${from} to ${to} in ${tookSeconds(recovery).toFixed(3)} s`);
  }
  for (const text of unsettled) lines.push(`  not at rest  ${plain(text)}`);
  return lines;
}

const byName = (records: VmRecord[]): VmRecord[] => [...records].sort((a, b) => (a.name < b.name ? -1 : 1));
