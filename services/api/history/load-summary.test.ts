import type { HostLoad } from '@holdfast/contracts';
import { loadSummarySchema } from '@holdfast/contracts';
import { describe, expect, it } from 'vitest';
import { LoadGathering } from './load-summary.js';

const quarterMs = 900_000;
const startMs = Date.parse('2026-01-31T12:00:00Z');

const load = (host: string, busy: number | null, vms: HostLoad['vms'] = {}): HostLoad => ({
  host,
  machine: busy === null ? null : { busy, cpuPressure: 0.1, memoryPressure: 0, ioPressure: busy / 10 },
  vms,
});
const vm = (used: number, waited = 0): HostLoad['vms'][string] => ({ generation: 1, used, waited });
const uidOf = (name: string): string | null => (name === 'stranger' ? null : `uid-${name}`);

describe('loads', () => {
  it('are summed up by the quarter of an hour, by mean and maximum', () => {
    const gathering = new LoadGathering(uidOf);
    gathering.add(load('h1', 1, { web1: vm(0.5, 0.1) }), startMs + 10_000);
    gathering.add(load('h1', 3, { web1: vm(1.5) }), startMs + 20_000);
    gathering.add(load('h2', null), startMs + quarterMs - 1);
    expect(gathering.take(startMs + quarterMs - 1)).toEqual([]);
    const summaries = gathering.take(startMs + quarterMs);
    expect(summaries.map((summary) => loadSummarySchema.parse(summary))).toEqual([
      {
        host: 'h1',
        atMs: startMs,
        samples: 2,
        machine: {
          busy: { mean: 2, max: 3 },
          cpuPressure: { mean: 0.1, max: 0.1 },
          memoryPressure: { mean: 0, max: 0 },
          ioPressure: { mean: 0.2, max: 0.3 },
        },
        vms: { 'uid-web1': { used: { mean: 1, max: 1.5 }, waited: { mean: 0.05, max: 0.1 }, samples: 2 } },
      },
      { host: 'h2', atMs: startMs, samples: 1, machine: null, vms: {} },
    ]);
    expect(gathering.take(startMs + quarterMs)).toEqual([]);
  });

  it('of the next quarter do not count in this one, and a VM that nobody knows is left out', () => {
    const gathering = new LoadGathering(uidOf);
    gathering.add(load('h1', 1, { stranger: vm(1) }), startMs + 10_000);
    gathering.add(load('h1', 2, { web1: vm(1) }), startMs + quarterMs + 5000);
    const told = gathering.take(startMs + 2 * quarterMs);
    expect(told.map(({ atMs, samples, vms }) => [atMs, samples, Object.keys(vms)])).toEqual([
      [startMs, 1, []], [startMs + quarterMs, 1, ['uid-web1']],
    ]);
  });
});
