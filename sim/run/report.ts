import type { LogEntry } from '../check/checker.js';
import type { Totals } from './run-many.js';

/** The incident as a person reads it: what was done to the cluster, what it decided, what ran where. */
export function reportOf(log: readonly LogEntry[]): string[] {
  return log.map(({ atMs, event, text }) => `${(atMs / 1000).toFixed(3).padStart(9)} s  ${event.padEnd(24)}  ${text}`);
}

export function totalsOf(totals: Totals): string[] {
  const { seeds, events, steps, virtualHours, faultsByKind, recoveries, broken, tookMs, workers } = totals;
  const seconds = tookMs / 1000;
  const faults = Object.entries(faultsByKind).sort(([, a], [, b]) => b - a);
  const faultCount = faults.reduce((sum, [, count]) => sum + count, 0);
  const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `${seeds} seeds, ${broken.length} broken; ${virtualHours.toFixed(1)} hours of clusters in ${seconds.toFixed(1)} s`,
    `${events} events, ${steps} core steps (${totals.stepsPerSecondPerCore} a second on each of ${workers} cores)`,
    `${faultCount} faults: ${faults.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `${recoveries.count} VMs moved after a fault of their host; from fault to running: median ` +
      `${inSeconds(recoveries.medianMs)}, p99 ${inSeconds(recoveries.p99Ms)}, longest ${inSeconds(recoveries.maxMs)}`,
  ];
}
