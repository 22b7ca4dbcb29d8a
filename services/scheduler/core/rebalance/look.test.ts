import { describe, expect, test } from 'vitest';
import { withTransition, type RebalanceRecord, type VmRecord } from '@holdfast/contracts';
import { loadsOf, on, settings, three } from '../testing/loaded-cluster.js';
import { clusterOf, drainRecord, env, hostRecord, nowMs, observed, type Facts } from '../testing/records.js';
import { lookRebalance, type RebalanceLook } from './look.js';

describe('a look', () => {
  const crowd = [on('a', 'h1'), on('b', 'h1')];
  const loads = loadsOf({ a: 1, b: 1 });
  const look = (record: RebalanceRecord | null, facts: Partial<Facts>, asked: string | null = null): RebalanceLook =>
    lookRebalance(record, { cluster: clusterOf({ ...three, vms: crowd, ...facts }), loads: () => loads, env }, asked);
  const begun = look(null, settings({ rebalance: 'auto' })).change as RebalanceRecord;

  test('proposes once, carries out what is to be, and does nothing when it is off or the cluster is disarmed', () => {
    const proposed = look(null, {}).change;
    expect(proposed).toMatchObject({ state: 'proposed', moves: [{ vm: 'a', from: 'h1', to: 'h2' }] });
    expect(proposed?.transitions.at(-1)?.event).toBe('rebalance.proposed');
    expect(look(proposed, {}).change).toBeNull();
    expect(look(proposed, { vms: [on('a', 'h1')] }).change).toMatchObject({ state: 'idle', moves: [] });
    expect(begun).toMatchObject({ state: 'applying' });
    expect(look(null, settings({ rebalance: 'off' })).change).toBeNull();
    expect(look(null, settings({ rebalance: 'off' }), 'op').change).toMatchObject({ state: 'applying' });
    const disarmed = { armed: false, text: '', reconciles: true };
    expect(look(null, { ...settings({ rebalance: 'auto' }), arming: disarmed }).change).toBeNull();
  });

  const startOf = ({ reply }: RebalanceLook): string | null => (reply.ok ? (reply.value.start?.vm ?? null) : 'refused');

  test('begins a move when the facts allow it, waits while it is under way, and ends once it is done', () => {
    expect(startOf(look(begun, {}))).toBe('a');
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const moving = on('a', 'h1', { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    expect(look(begun, { vms: [moving, on('b', 'h1')] })).toMatchObject({ change: null });
    expect(startOf(look(begun, { vms: [moving, on('b', 'h1')] }))).toBeNull();
    const done = look(begun, { vms: [on('a', 'h2'), on('b', 'h1')] }).change;
    expect(done).toMatchObject({ state: 'idle', moves: [] });
    expect(done?.transitions.at(-1)?.event).toBe('rebalance.completed');
  });

  test('waits for the bounds of moves', () => {
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const other = on('x', 'h3', { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    const facts = { ...settings({ migrationsPerHost: 1 }), vms: [...crowd, other] };
    expect([startOf(look(begun, facts)), startOf(look(begun, { vms: [...crowd, other] }))]).toEqual([null, 'a']);
  });

  test('waits for other moves on the network of either host, and for none on another', () => {
    const to = { host: 'h3', hostEpoch: 2, generation: 2 };
    const other = on('x', 'h4', { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    const startOn = (networks: Record<string, string>): string | null => startOf(look(begun, {
      ...settings({ migrationNetworkLabel: 'switch', migrationsPerNetwork: 1 }),
      hosts: ['h1', 'h2', 'h3', 'h4'].map((host) =>
        hostRecord(host, { labels: networks[host] === undefined ? {} : { switch: networks[host] } })),
      observed: [...three.observed, observed('h4')],
      vms: [...crowd, other],
    }));
    expect(startOn({})).toBe('a');
    expect(startOn({ h1: 's1', h2: 's1', h3: 's2', h4: 's2' })).toBe('a');
    expect(startOn({ h1: 's1', h2: 's2', h3: 's2' })).toBeNull();
    expect(startOn({ h1: 's1', h4: 's1' })).toBeNull();
  });

  test('begins moves in their order, each once there is room, and takes a VM round by a third host', () => {
    const leg = { memoryMiB: 512, cpus: 1, soon: null, gain: 0.1, makesRoomFor: null };
    const moves = [
      { ...leg, vm: 'a', from: 'h1', to: 'h3' }, { ...leg, vm: 'b', from: 'h2', to: 'h1' },
      { ...leg, vm: 'a', from: 'h3', to: 'h2' },
    ];
    const record = { ...begun, moves };
    const lookAt = (a: string, b: string): RebalanceLook => look(record, { vms: [on('a', a), on('b', b)] });
    const nextOf = ({ reply }: RebalanceLook): string => {
      const start = reply.ok ? reply.value.start : null;
      return start ? `${start.vm} ${start.from}>${start.to}` : 'none';
    };
    expect(nextOf(lookAt('h1', 'h2'))).toBe('a h1>h3');
    expect(nextOf(lookAt('h3', 'h2'))).toBe('b h2>h1');
    expect(nextOf(lookAt('h3', 'h1'))).toBe('a h3>h2');
    expect(lookAt('h2', 'h1').change).toMatchObject({ state: 'idle' });
    expect(lookAt('h2', 'h1').change?.transitions.at(-1)?.event).toBe('rebalance.completed');
    const moving = (from: string, host: string): VmRecord => {
      const to = { host, hostEpoch: 2, generation: 2 };
      return on('a', from, { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    };
    expect(nextOf(look(record, { vms: [moving('h1', 'h3'), on('b', 'h2')] }))).toBe('b h2>h1');
    const atLast = look(record, { vms: [moving('h3', 'h2'), on('b', 'h1')] });
    expect([atLast.change, nextOf(atLast)]).toEqual([null, 'none']);
  });

  test('drops the rest when the room is taken and nothing under way will make any', () => {
    const full = { observed: three.observed.with(1, observed('h2', {}, { capacity: { cpus: 4, memoryMiB: 256 } })) };
    const dropped = look(begun, full).change;
    expect(dropped?.transitions.at(-1)).toMatchObject({ event: 'rebalance.dropped' });
    expect(dropped?.transitions.at(-1)?.text).toContain('h2 does not take a any more');
  });

  test.each<[string, Partial<Facts>]>([
    ['its target is lost', { hosts: three.hosts.with(1, hostRecord('h2', { health: 'fenced' })) }],
    ['its target is being drained', { drains: [drainRecord('h2')] }],
    ['the VM is elsewhere', { vms: [on('a', 'h3'), on('b', 'h1')] }],
    ['the VM is stopped', { vms: [on('a', 'h1', { desired: 'stopped' }), on('b', 'h1')] }],
    ['the VM recovers', { vms: [on('a', 'h1', { phase: 'recovering' }), on('b', 'h1')] }],
    ['the move failed', { vms: [withTransition(on('a', 'h1'), nowMs, { event: 'vm.migration-failed', text: '' })] }],
  ])('drops the rest of it when %s', (_why, facts) => {
    const dropped = look(begun, facts).change;
    expect(dropped).toMatchObject({ state: 'idle', moves: [] });
    expect(dropped?.transitions.at(-1)?.event).toBe('rebalance.dropped');
  });
});
