import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { judgeFiles, scenarioFiles } from './judge-folder.js';
import { judge } from './judge.js';
import { parseScenario } from './scenario.js';

const host = { cpus: 8, memoryMiB: 8192 };
const base = {
  name: 'x',
  hosts: { node1: host, node2: host, node3: host },
  vms: { vm1: { host: 'node1' }, vm2: { host: 'node2' } },
  timeline: [{ atS: 30, do: 'host.power', host: 'node1', on: false }],
  untilS: 60,
};
const verdict = (change: object): ReturnType<typeof judge> => judge(parseScenario({ ...base, ...change }));
const recovery = { vm: 'vm1', from: 'node1', to: 'node3', secondsAfterFault: 120 };

describe('what another system came to', () => {
  test('the same VMs run, on whichever host, and recover in time', () => {
    const expected = { running: { vm1: 'node3', vm2: 'node2' }, recoveries: [recovery] };
    expect(verdict({ expect: expected })).toEqual({ name: 'x', failures: [], differs: [] });
  });

  test('a recovery that takes longer than theirs is a failure', () => {
    const expected = { running: { vm1: 'node3', vm2: 'node2' }, recoveries: [{ ...recovery, secondsAfterFault: 0.5 }] };
    expect(verdict({ expect: expected }).failures).toEqual([expect.stringMatching(/vm1 took .* allowed are 0.5 s/)]);
  });

  test('a VM that should run and does not is a failure, with the reason', () => {
    const timeline = Object.keys(base.hosts).map((name) => ({ atS: 30, do: 'host.power', host: name, on: false }));
    const { failures } = verdict({ timeline, expect: { running: { vm1: 'node1' } } });
    expect(failures).toEqual([expect.stringMatching(/^vm1 does not run: running \(/)]);
  });

  test('a recovery that did not happen is a failure', () => {
    const expected = { running: { vm1: 'node1', vm2: 'node2' }, recoveries: [recovery] };
    expect(verdict({ timeline: [], expect: expected }).failures).toEqual([
      'vm1 did not recover from the loss of node1',
    ]);
  });

  test('a VM that was stopped and runs is a failure', () => {
    const timeline = [{ atS: 30, do: 'vm.start', vm: 'vm1' }, { atS: 40, do: 'vm.stop', vm: 'vm1' }];
    const { failures } = verdict({ timeline, untilS: 40.5, expect: { running: { vm2: 'node2' } } });
    expect(failures).toEqual([expect.stringMatching(/^vm1 runs on node1, though it was asked to be stopped/)]);
  });

  test('a deleted VM that still runs there is told as a difference', () => {
    const timeline = [{ atS: 30, do: 'vm.delete', vm: 'vm1' }];
    const { failures, differs } = verdict({ timeline, expect: { running: { vm1: 'node1', vm2: 'node2' } } });
    expect(failures).toEqual([]);
    expect(differs).toEqual([expect.stringMatching(/Holdfast deletes the VM/)]);
  });

  test('a VM that runs as desired though it does not there is told as a difference', () => {
    const { failures, differs } = verdict({ expect: { running: { vm2: 'node2' } } });
    expect(failures).toEqual([]);
    expect(differs).toEqual([expect.stringMatching(/^vm1 runs on node[23]: .* state that the file does not carry/)]);
  });
});

describe('what exactly must come of it', () => {
  const demand = {
    strict: true,
    running: { vm1: ['node2', 'node3'], vm2: 'node2' },
    fenced: ['node1'],
    recoveries: [{ vm: 'vm1', from: 'node1', withinS: 3 }],
  };

  test('holds', () => {
    expect(verdict({ expect: demand }).failures).toEqual([]);
  });

  test.each([
    [{ running: { vm1: 'node1', vm2: 'node2' } }, /vm1 runs on node[23], not on node1/],
    [{ running: { vm1: ['node2', 'node3'] } }, /vm2 runs on node2, and should not run/],
    [{ resting: { vm2: 'stopped' } }, /vm2 should be stopped; it is running/],
    [{ fenced: [] }, /node1 was fenced, and should not be/],
    [{ fenced: ['node1', 'node3'] }, /node3 should have been fenced/],
    [{ recoveries: [] }, /vm1 recovered from node1 to node[23]: it should not have had to/],
    [{ recoveries: [{ vm: 'vm1', from: 'node1', withinS: 0.5 }] }, /vm1 took .* allowed are 0.5 s/],
  ])('%o does not hold', (change, why) => {
    expect(verdict({ expect: { ...demand, ...change } }).failures.join()).toMatch(why);
  });

  test('what is not at rest at the end is a failure', () => {
    const timeline = [{ atS: 59.9, do: 'vm.stop', vm: 'vm1' }];
    const running = { vm1: 'node1', vm2: 'node2' };
    const { failures } = verdict({ timeline, expect: { strict: true, running } });
    expect(failures[0]).toMatch(/^not at rest: VM vm1 is stopping/);
  });
});

const foreign = fileURLToPath(new URL('../../../shared/scenarios', import.meta.url));

test.runIf(existsSync(foreign))('what another HA manager comes to, Holdfast does', { timeout: 120_000 }, () => {
  const { failed, cases, passed } = judgeFiles(scenarioFiles(foreign));
  expect(failed).toEqual([]);
  expect(passed).toBe(cases);
  expect(cases).toBeGreaterThan(0);
});
