import { beforeAll, describe, expect, it, vi } from 'vitest';
import { busContractSuite } from './bus-contract-suite.js';
import { contractRegistry, notes, recordChanges, type BusFixture } from './bus-contract.js';
import { MemoryBroker } from './memory.js';

describe('the bus in memory', () => {
  let fixture: BusFixture;
  beforeAll(() => {
    const problems: string[] = [];
    const broker = new MemoryBroker({
      registry: contractRegistry,
      report: ({ what, where }) => problems.push(`${what} ${where}`),
    });
    const connect = (service: string, node: string) => broker.connect({ service, node });
    fixture = {
      scheduler: connect('scheduler', 'c1'),
      api: connect('api', 'c1'),
      h1: connect('host-agent', 'h1'),
      h2: connect('host-agent', 'h2'),
      storage: connect('storage', 'san1'),
      problems,
    };
  });
  busContractSuite(() => fixture);

  it('delivers after a reconnect what changed meanwhile', async () => {
    const broker = new MemoryBroker({ registry: contractRegistry });
    const writer = broker.connect({ service: 'scheduler', node: 'c1' });
    const reader = broker.connect({ service: 'api', node: 'c1' });
    const changes: boolean[] = [];
    reader.onConnectionChange((connected) => changes.push(connected));
    const revision = (await writer.bucket(notes).create('a', { text: 'a1', size: 1 })) ?? 0;
    const { log, watch } = recordChanges();
    await reader.bucket(notes).watch(watch);
    await vi.waitFor(() => expect(log).toEqual(['a=a1', 'ready']));
    reader.disconnect();
    await expect(reader.bucket(notes).get('a')).rejects.toMatchObject({ code: 'disconnected' });
    await writer.bucket(notes).create('b', { text: 'b1', size: 1 });
    await writer.bucket(notes).remove('a', revision);
    expect(log).toHaveLength(2);
    reader.reconnect();
    await vi.waitFor(() => expect(log.slice(2)).toEqual(['b=b1', 'a removed']));
    expect(changes).toEqual([false, true]);
  });

  it('delivers only when the scheduler it was given runs', async () => {
    const tasks: (() => void)[] = [];
    const broker = new MemoryBroker({
      registry: contractRegistry,
      schedule: (task) => tasks.push(task),
    });
    const bus = broker.connect({ service: 'scheduler', node: 'c1' });
    const stored = vi.fn();
    const storing = bus.bucket(notes).put('a', { text: 'a', size: 1 }).then(stored);
    await Promise.resolve();
    expect(stored).not.toHaveBeenCalled();
    tasks.shift()?.();
    await storing;
    expect(stored).toHaveBeenCalledWith(1);
  });
});
