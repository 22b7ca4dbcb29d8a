import { describe, expect, it } from 'vitest';
import { disagreements, hostNamingFor, progress, sequencesOf, type ToldEvent } from './event-order.js';

const told = (atMs: number, event: string, key: string, data: ToldEvent['data'] = {}): ToldEvent => ({
  atMs, event, key, data,
});

const lost: ToldEvent[] = [
  told(0, 'vm.placed', 'vm1', { host: 'node1', generation: 1 }),
  told(10, 'host.suspect', 'node1'),
  told(20, 'host.fencing', 'node1', { verdict: 'dead' }),
  told(30, 'vm.recovering', 'vm1', { host: 'node1' }),
  told(40, 'host.proof-obtained', 'node1'),
  told(50, 'vm.placed', 'vm1', { host: 'node3', generation: 2 }),
];
const without = (event: string): ToldEvent[] => lost.filter((each) => each.event !== event);

describe('two accounts of one story', () => {
  it('agree when each record has its sequence, whenever it came', () => {
    const later = lost.map((each) => ({ ...each, atMs: each.atMs * 7 + 1000 }));
    expect(disagreements(lost, later)).toEqual([]);
  });

  it('agree also if more proofs came, or one that nobody needed failed', () => {
    const more = [...lost, told(60, 'host.proof-failed', 'node1'), told(70, 'host.proof-obtained', 'node1')];
    expect(disagreements(lost, more)).toEqual([]);
    expect(disagreements(more, lost)).toEqual([]);
  });

  it('disagree by what is missing, told side by side', () => {
    const [only, ...rest] = disagreements(lost, without('vm.recovering'));
    expect(rest).toEqual([]);
    expect(only?.split('\n')).toEqual([
      'vm vm1:',
      '  simulated              | real',
      '  vm.placed on node1 g1  | vm.placed on node1 g1',
      '! vm.recovering on node1 | vm.placed on node3 g2',
      '! vm.placed on node3 g2  | -',
    ]);
  });

  it('disagree by what the simulator does not tell', () => {
    const more = [...lost, told(60, 'host.fenced', 'node2')];
    expect(disagreements(lost, more).join()).toContain('! -         | host.fenced');
  });

  it('disagree where a VM is placed before there is proof, though each sequence is as it should be', () => {
    const late = lost.map((each) => (each.event === 'host.proof-obtained' ? { ...each, atMs: 51 } : each));
    expect(disagreements(lost, late)).toEqual([
      'vm.placed vm1 (number 2) came after 0 host.proof-obtained node1, not 1',
    ]);
  });

  it('disagree by the host or the generation that was chosen for the only VM that moves', () => {
    for (const data of [{ host: 'node2', generation: 2 }, { host: 'node3', generation: 3 }]) {
      expect(disagreements(lost, [...lost.slice(0, -1), told(50, 'vm.placed', 'vm1', data)])).toHaveLength(1);
    }
  });

  it('of several VMs that move, call hosts by the order in which each comes to them', () => {
    const both = (other: string, another: string): ToldEvent[] => [
      told(0, 'vm.placed', 'vm1', { host: 'node1', generation: 1 }),
      told(0, 'vm.placed', 'vm2', { host: 'node1', generation: 1 }),
      told(1, 'vm.placed', 'vm1', { host: other, generation: 2 }),
      told(1, 'vm.placed', 'vm2', { host: another, generation: 2 }),
    ];
    expect(hostNamingFor(both('node2', 'node3'))).toBe('by-order');
    expect(disagreements(both('node2', 'node3'), both('node3', 'node2'))).toEqual([]);
    expect(disagreements(both('node2', 'node3'), both('node3', 'node1'))).toHaveLength(1);
  });

  it('are short of each other, there, or astray', () => {
    const expected = sequencesOf(lost);
    expect(progress(sequencesOf(lost.slice(0, 3)), expected)).toBe('short');
    expect(progress(sequencesOf(lost), expected)).toBe('there');
    expect(progress(sequencesOf(without('vm.recovering')), expected)).toBe('astray');
  });
});
