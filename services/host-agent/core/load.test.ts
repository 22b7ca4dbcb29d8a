import { expect, test } from 'vitest';
import { loadBetween, type CountersAt } from './load.js';

const vm = (usedMs: number, waitedMs: number, generation = 1): CountersAt['vms'][string] =>
  ({ generation, usedMs, waitedMs });
const at = (atMs: number, vms: CountersAt['vms'], busyMs: number | null = null): CountersAt => {
  const pressures = { cpuPressure: 0.1, memoryPressure: 0.2, ioPressure: 0.3 };
  return { atMs, vms, machine: busyMs === null ? null : { busyMs, ...pressures } };
};

test('load is what was counted between two looks, by the time between them', () => {
  const load = loadBetween('h1', at(0, { a: vm(1000, 0) }, 5000), at(10_000, { a: vm(16_000, 2500) }, 25_000));
  expect(load).toEqual({
    host: 'h1',
    machine: { busy: 2, cpuPressure: 0.1, memoryPressure: 0.2, ioPressure: 0.3 },
    vms: { a: { generation: 1, used: 1.5, waited: 0.25 } },
  });
});

test('nothing is said of a copy that is new, nor of one that ended, nor after too short a time', () => {
  const before = at(0, { a: vm(9000, 0), gone: vm(1, 1) });
  const load = loadBetween('h1', before, at(10_000, { a: vm(100, 0, 2), fresh: vm(100, 0) }));
  expect(load).toEqual({ host: 'h1', machine: null, vms: {} });
  expect(loadBetween('h1', before, at(500, { a: vm(9100, 0) }))).toBeNull();
});

test('counters that fall back, as threads end, are no load', () => {
  const load = loadBetween('h1', at(0, { a: vm(9000, 10) }), at(10_000, { a: vm(8000, 10) }));
  expect(load?.vms).toEqual({ a: { generation: 1, used: 0, waited: 0 } });
});
