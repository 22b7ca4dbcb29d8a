import { MemoryBroker, type Bus } from '@holdfast/bus';
import { pools, type PoolRecord } from '@holdfast/contracts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Projection } from './projection.js';

const pool = (name: string, freeBytes = 1): PoolRecord => ({
  pool: name,
  node: 'san1',
  portal: { address: '127.0.0.1', port: 3260 },
  capacityBytes: 10,
  freeBytes,
  revocable: true,
  heartbeatPort: 9200,
  startedAtMs: 1,
});

describe('a projection', () => {
  let bus: Bus;
  let projection: Projection<PoolRecord>;

  beforeEach(async () => {
    bus = new MemoryBroker().connect({ service: 'storage', node: 'san1' });
    await bus.bucket(pools).create('old', pool('old'));
    projection = new Projection(bus, pools);
  });

  test('has every present record when it has started, and follows changes', async () => {
    await projection.start();
    expect(projection.keys()).toEqual(['old']);
    await bus.bucket(pools).create('new', pool('new'));
    await vi.waitFor(() => expect(projection.value('new')).not.toBeNull());
  });

  test('shows an own write at once, and is not set back by the watch that is behind it', async () => {
    await projection.start();
    projection.apply('old', pool('old', 7), 20);
    projection.apply('old', pool('old', 3), 19);
    expect(projection.value('old')?.freeBytes).toBe(7);
  });

  test('is not brought to show a removed record again by a stale read', async () => {
    await projection.start();
    projection.apply('old', null, 20);
    projection.apply('old', pool('old'), 19);
    expect(projection.value('old')).toBeNull();
    projection.apply('old', pool('old'), 21);
    expect(projection.value('old')).not.toBeNull();
  });

  test('goes through its records in the order of their keys, whatever came and went', async () => {
    await projection.start();
    const after = (key: string | null): string[] => [...projection.valuesAfter(key)].map((each) => each.pool);
    const expected = new Set(['old']);
    expect(after(null)).toEqual(['old']);
    for (let revision = 100; revision < 400; revision += 1) {
      const name = `p${(revision * 7919) % 41}`;
      const isRemoval = (revision * 104_729) % 3 === 0;
      projection.apply(name, isRemoval ? null : pool(name), revision);
      if (isRemoval) expected.delete(name);
      else expected.add(name);
      expect(after(null)).toEqual([...expected].sort());
      expect(after('p20')).toEqual([...expected].sort().filter((each) => each > 'p20'));
    }
  });
});
