/** A run as a report of incidents: what was done to the cluster, what was seen, decided and proven, what ran where. */
import type { LogEntry, Recovery, Violation } from '../check/checker.js';
import { incidentsOf, quietText, type Stretch } from './report-stretches.js';
import { folded, rowsOf, subjectText, type Row, type RowKind } from './report-rows.js';
import type { Totals } from './run-many.js';

/** `tone` is for terminals with colours: the text says it all without. */
export interface ReportLine {
  tone: 'heading' | 'plain' | 'good' | 'busy' | 'bad' | 'dim';
  text: string;
}

export interface ReportOptions {
  violations?: readonly Violation[];
  recoveries?: readonly Recovery[];
  /** Every entry, nothing folded. */
  all?: boolean;
}

/** An incident with more rows is told without the least of them. */
const mostRows = 100;
/** Of what led to a violation. */
const mostSteps = 40;

export function reportOf(log: readonly LogEntry[], options: ReportOptions = {}): ReportLine[] {
  const { violations = [], recoveries = [], all = false } = options;
  const rows = rowsOf(log);
  if (all) return [...rows.map((row) => lineOf(row, 0)), ...violationLines(rows, violations)];
  const stretches = incidentsOf(rows);
  const last = stretches.findLast(({ isIncident }) => isIncident);
  const lines: ReportLine[] = [];
  let number = 0;
  for (const stretch of stretches) {
    if (!stretch.isIncident) {
      lines.push(...quietText(stretch).map((text): ReportLine => ({ tone: 'dim', text })));
      continue;
    }
    number += 1;
    // Once something is broken, only what led to it is worth the paper.
    const isToldWhole = violations.length === 0 || stretch === last;
    lines.push(...incidentLines(stretch, { number, isToldWhole, recoveries }));
  }
  return [...lines, ...violationLines(rows, violations)];
}

function incidentLines(
  stretch: Stretch,
  about: { number: number; isToldWhole: boolean; recoveries: readonly Recovery[] },
): ReportLine[] {
  const { fromMs, toMs, rows } = stretch;
  const lines: ReportLine[] = [
    { tone: 'plain', text: '' },
    { tone: 'heading', text: `Incident ${about.number}  ${secondsText(fromMs)} to ${secondsText(toMs)}` },
  ];
  const told = about.isToldWhole ? worthTelling(folded(rows.filter(({ kind }) => kind !== 'detail'))) : null;
  if (told) {
    lines.push(...told.rows.map((row) => lineOf(row, fromMs)));
    if (told.left > 0) {
      lines.push({ tone: 'dim', text: `  ${told.left} lesser lines are left out; --all prints everything` });
    }
  } else {
    const faults = rows.filter(({ kind }) => kind === 'fault').map((row) => `${row.text} ${subjectText(row)}`.trim());
    const text = faults.length === 0 ? 'no fault' : faults.slice(0, 4).join('; ');
    lines.push({ tone: 'dim', text: `  ${text}${faults.length > 4 ? `; and ${faults.length - 4} more` : ''}` });
  }
  return [...lines, ...endLines(rows, about.recoveries.filter((each) => isWithin(each.runningAtMs, stretch)))];
}

const isWithin = (atMs: number, { fromMs, toMs }: Stretch): boolean => atMs >= fromMs && atMs <= toMs;

/** What became of it: who was fenced by what, and how long VMs were away. */
function endLines(rows: readonly Row[], recoveries: readonly Recovery[]): ReportLine[] {
  const lines: ReportLine[] = [];
  const firsts = new Map<string, Row>();
  for (const row of rows) {
    const isFenced = row.kind === 'failover' && row.text.startsWith('fenced: proven by ');
    if (isFenced && !firsts.has(subjectText(row))) firsts.set(subjectText(row), row);
  }
  for (const [host, { text }] of firsts) {
    lines.push({ tone: 'good', text: `  ${host} was ${text.replace(': ', ', ').replace(/;.*$/, '')}` });
  }
  if (recoveries.length > 0) {
    const tookMs = recoveries.map(({ faultAtMs, runningAtMs }) => runningAtMs - faultAtMs).sort((a, b) => a - b);
    const median = tookMs[Math.floor((tookMs.length - 1) / 2)] ?? 0;
    const vms = recoveries.length === 1 ? '1 VM runs' : `${recoveries.length} VMs run`;
    const times = recoveries.length === 1 ? '' : `median ${secondsText(median)}, longest `;
    const text = `  ${vms} elsewhere; from the fault to running: ${times}${secondsText(tookMs.at(-1) ?? 0)}`;
    lines.push({ tone: 'good', text });
  }
  return lines;
}

const dispensable: readonly RowKind[] = ['storage', 'asked', 'heals', 'view'];

function worthTelling(rows: Row[]): { rows: Row[]; left: number } {
  let kept = rows;
  for (const kind of dispensable) if (kept.length > mostRows) kept = kept.filter((row) => row.kind !== kind);
  // The end matters most: that is where it broke, or was over.
  if (kept.length > mostRows) kept = [...kept.slice(0, 15), ...kept.slice(15 - mostRows)];
  return { rows: kept, left: rows.length - kept.length };
}

/** Each violation once more, with all that concerns what it names. */
function violationLines(rows: readonly Row[], violations: readonly Violation[]): ReportLine[] {
  const [first] = violations;
  if (!first) return [];
  const lines: ReportLine[] = [{ tone: 'plain', text: '' }];
  for (const { invariant, atMs, text } of violations) {
    lines.push({ tone: 'bad', text: `Broken at ${secondsText(atMs)}: ${invariant}` });
    lines.push({ tone: 'bad', text: `  ${text}` });
  }
  const { steps, about } = stepsTo(first, rows);
  const fromMs = steps[0]?.atMs;
  if (fromMs === undefined) return lines;
  lines.push({ tone: 'plain', text: '' });
  lines.push({ tone: 'heading', text: `What led to it  (${about.join(', ')}; from ${secondsText(fromMs)})` });
  return [...lines, ...steps.map((row) => lineOf(row, fromMs))];
}

/** All that concerns the VMs, volumes and hosts that the violation names, and every fault that is no other host's. */
function stepsTo({ text, atMs }: Violation, rows: readonly Row[]): { steps: Row[]; about: string[] } {
  const words = new Set(text.split(/[^\w-]+/).flatMap((word) => [word, vmOf(word)]));
  const all = { hosts: new Set<string>(), vms: new Set<string>(), volumes: new Set<string>() };
  for (const row of rows) {
    if (row.kind === 'failover') for (const name of row.names) all.hosts.add(name);
    if (row.vm !== null) all.vms.add(row.vm);
    if (row.volume !== null) all.volumes.add(row.volume);
  }
  const named = (known: ReadonlySet<string>): string[] => [...known].filter((name) => words.has(name));
  const [hosts, vms, volumes] = [named(all.hosts), named(all.vms), named(all.volumes)];
  const concerns = (row: Row): boolean => {
    if (row.atMs > atMs || row.kind === 'broken') return false;
    if (row.kind === 'fault' || row.kind === 'heals') {
      return row.names.every((name) => !all.hosts.has(name) || hosts.includes(name));
    }
    if (row.vm !== null || row.volume !== null) {
      const isOfAny = vms.length === 0 && volumes.length === 0 && row.names.some((name) => hosts.includes(name));
      const vm = row.vm ?? vmOf(row.volume ?? '');
      return isOfAny || vms.includes(vm) || (row.volume !== null && volumes.includes(row.volume));
    }
    return row.names.some((name) => hosts.includes(name));
  };
  const steps = folded(rows.filter(concerns)).slice(-mostSteps);
  return { steps, about: [...hosts, ...vms, ...volumes] };
}

const vmOf = (volume: string): string => volume.replace(/-disk\d+-.*$/, '');

const words: Readonly<Record<RowKind, string>> = {
  broken: 'BROKEN',
  fault: 'FAULT',
  heals: 'heals',
  failover: 'failover',
  proof: 'PROOF',
  vm: 'vm',
  asked: 'asked',
  view: 'view',
  storage: 'storage',
  detail: '',
};
const tones: Readonly<Record<RowKind, ReportLine['tone']>> = {
  broken: 'bad',
  fault: 'bad',
  heals: 'dim',
  failover: 'busy',
  proof: 'good',
  vm: 'plain',
  asked: 'dim',
  view: 'dim',
  storage: 'dim',
  detail: 'dim',
};

function lineOf(row: Row, fromMs: number): ReportLine {
  const at = `${fromMs === 0 ? ' ' : '+'}${((row.atMs - fromMs) / 1000).toFixed(3).padStart(8)} s`;
  const parts = [row.verb ?? '', subjectText(row), row.text].filter((part) => part !== '');
  const text = parts.length === 1 ? parts[0] : `${(parts[0] ?? '').padEnd(10)}  ${parts.slice(1).join(': ')}`;
  return { tone: tones[row.kind], text: `  ${at}  ${words[row.kind].padEnd(8)}  ${text}`.trimEnd() };
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

export function totalsOf(totals: Totals): string[] {
  const { seeds, events, steps, quietSteps, virtualHours, faultsByKind, recoveries, broken, tookMs, workers } = totals;
  const seconds = tookMs / 1000;
  const faults = Object.entries(faultsByKind).sort(([, a], [, b]) => b - a);
  const faultCount = faults.reduce((sum, [, count]) => sum + count, 0);
  const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `${seeds} seeds, ${broken.length} broken; ${virtualHours.toFixed(1)} hours of clusters in ${seconds.toFixed(1)} s`,
    `${events} events, ${steps} core steps (${totals.stepsPerSecondPerCore} a second on each of ${workers} cores); ` +
      `${quietSteps} of heartbeats and looks that rested`,
    `${faultCount} faults: ${faults.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `${recoveries.count} VMs moved after a fault of their host; from fault to running: median ` +
      `${inSeconds(recoveries.medianMs)}, p99 ${inSeconds(recoveries.p99Ms)}, longest ${inSeconds(recoveries.maxMs)}`,
  ];
}
