import { describe, expect, test } from 'vitest';
import { isNews, type Observed } from './index.js';

const report: Observed = {
  host: 'node1',
  uuid: '00000000-0000-4000-8000-000000000001',
  bootId: '00000000-0000-4000-8000-000000000002',
  incarnation: 'one',
  epoch: 3,
  startedAtMs: 1,
  sealKey: 'key',
  capacity: { cpus: 8, memoryMiB: 8192 },
  addresses: { management: 'node1', storage: 'node1' },
  probePort: 1,
  hypervisor: 'connected',
  leaving: false,
  vms: {},
  staleCopies: [],
  atMs: 1000,
};
const stale = { vm: 'vm1', uid: 'uid', generation: 2, hostEpoch: 1 };

describe("a host's report is news", () => {
  test('when it is the first, or the last', () => {
    expect(isNews(null, report)).toBe(true);
    expect(isNews(report, null)).toBe(true);
    expect(isNews(null, null)).toBe(false);
  });

  test('not by being newer alone', () => {
    expect(isNews(report, { ...structuredClone(report), atMs: 6000 })).toBe(false);
    const copied = { ...report, staleCopies: [stale] };
    expect(isNews(copied, { ...structuredClone(copied), atMs: 6000 })).toBe(false);
  });

  test.each<[string, Partial<Observed>]>([
    ['epoch', { epoch: 4 }],
    ['boot', { bootId: '00000000-0000-4000-8000-000000000003' }],
    ['capacity', { capacity: { cpus: 8, memoryMiB: 4096 } }],
    ['hypervisor', { hypervisor: 'disconnected' }],
    ['leaving', { leaving: true }],
    ['stale copies', { staleCopies: [stale] }],
  ])('by its %s', (_what, patch) => {
    expect(isNews(report, { ...report, ...patch, atMs: 6000 })).toBe(true);
  });
});
