import { describe, expect, test } from 'vitest';
import { EventQueue } from './engine/event-queue.js';
import { faultKinds } from './faults/kinds.js';
import { replay } from './run/replay.js';
import { runSeed } from './run/run-seed.js';
import { parseScenario, ScenarioError } from './run/scenario.js';

const small = { hosts: 4, vms: 8, minutes: 4, faults: [] };

describe('determinism', () => {
  test('the same seed gives the same trace', () => {
    for (const seed of [1, 2, 3]) {
      const [a, b] = [runSeed(seed, small), runSeed(seed, small)];
      expect(a.traceHash).toBe(b.traceHash);
      expect(a.events).toBe(b.events);
      expect(a.log).toEqual(b.log);
    }
  });

  test('another seed gives another', () => {
    expect(runSeed(1, small).traceHash).not.toBe(runSeed(2, small).traceHash);
  });

  test('tasks run by time, and in the order they were added when it is the same', () => {
    const queue = new EventQueue();
    const run: string[] = [];
    for (const [atMs, name] of [[5, 'c'], [1, 'a'], [5, 'd'], [3, 'b']] as const) {
      queue.push(atMs, () => run.push(name));
    }
    for (let task = queue.pop(); task; task = queue.pop()) task.run?.();
    expect(run).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('every kind of fault', () => {
  test.each(Object.keys(faultKinds))('%s comes, heals, and breaks nothing', (kind) => {
    const { violations, faultsByKind } = runSeed(7, { ...small, faults: [kind] });
    expect(violations).toEqual([]);
    expect(faultsByKind[kind]).toBeGreaterThan(0);
  });
});

const hosts = {
  node1: { cpus: 8, memoryMiB: 8192 },
  node2: { cpus: 8, memoryMiB: 8192 },
  node3: { cpus: 8, memoryMiB: 8192 },
};
const base = { name: 'x', hosts, vms: { vm1: { host: 'node1' } }, untilS: 60 };

describe('a scenario', () => {
  test('a host that loses its power: its VM runs elsewhere within 10 seconds, on proof', () => {
    const timeline = [{ atS: 30, do: 'host.power', host: 'node1', on: false }];
    const result = replay(parseScenario({ ...base, timeline }));
    expect(result.invariants).toBe('held');
    expect(result.running['vm1']).toMatch(/node[23]/);
    const [recovery] = result.recoveries;
    expect(recovery).toMatchObject({ vm: 'vm1', from: 'node1', faultAtMs: 30_000 });
    expect((recovery?.runningAtMs ?? Infinity) - 30_000).toBeLessThan(10_000);
    const names = result.events.map(({ event }) => event);
    for (const event of ['host.suspect', 'host.fencing', 'host.fenced', 'vm.placed', 'vm.started']) {
      expect(names).toContain(event);
    }
  });

  test('the control plane on the hosts survives the loss of one of them', () => {
    const timeline = [{ atS: 30, do: 'host.power', host: 'node1', on: false }];
    const result = replay(parseScenario({ ...base, control: 'hosts', timeline }));
    expect(result.invariants).toBe('held');
    expect(result.running['vm1']).toMatch(/node[23]/);
  });

  test('a paused host that wakes finds its copy replaced and writes nothing', () => {
    const timeline = [{ atS: 30, do: 'host.pause', host: 'node1', seconds: 15 }];
    const result = replay(parseScenario({ ...base, timeline }));
    expect(result.invariants).toBe('held');
    expect(result.running['vm1']).toMatch(/node[23]/);
  });

  test.each([
    [{ ...base, untilS: 'long' }, 'untilS'],
    [{ ...base, vms: { vm1: { host: 'node9' } } }, 'vms.vm1.host'],
    [{ ...base, timeline: [{ atS: 1, do: 'host.explode', host: 'node1' }] }, 'timeline[0].do'],
    [{ ...base, timeline: [{ atS: 1, do: 'vm.stop', vm: 'vm7' }] }, 'timeline[0].vm'],
    [{ ...base, rules: [{ id: 'r1' }] }, 'rules[0].kind'],
    [{ ...base, timeline: [{ atS: 1, do: 'storage', node: 'san2', on: false }] }, 'timeline[0].node'],
    [{ ...base, timeline: [{ atS: 1, do: 'outlet', host: 'node1', on: false }] }, 'timeline[0].host'],
    [{ ...base, colour: 'red' }, 'colour'],
  ])('what is wrong with it is named %#', (value, field) => {
    const parse = (): unknown => parseScenario(value);
    expect(parse).toThrow(ScenarioError);
    expect(parse).toThrow(`${field}: `);
  });
});
