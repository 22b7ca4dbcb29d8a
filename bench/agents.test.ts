import { expect, it } from 'vitest';
import { shares } from './agents.js';

const use = (atMs: number, failover: [string, number][], busCpuMs: number, agentsCpuMs: number) => ({
  atMs,
  failover: failover.map(([replica, cpuMs]) => ({ replica, cpuMs, residentMiB: 100, heapMiB: 30 })),
  busCpuMs,
  agentsCpuMs,
});

it('CPU is told in percent of one core, that of the replica that acts apart from the others', () => {
  const before = use(1000, [['control2', 500], ['control1', 300], ['control3', 0]], 4000, 2000);
  const after = use(11_000, [['control2', 700], ['control1', 3800], ['control3', 125]], 24_000, 7000);
  expect(shares(before, after, 'control1')).toEqual({
    failoverCpuPercent: 35,
    othersCpuPercent: [2, 1.3],
    busCpuPercent: 200,
    agentsCpuPercent: 50,
    failoverHeapMiB: 30,
    failoverResidentMiB: 100,
  });
});
