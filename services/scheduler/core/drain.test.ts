import { withTransition, type DrainRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepDrain, type DrainStep } from './drain.js';
import { admitMaintenance, type DrainAdmission } from './drain-request.js';
import { clusterOf, drainRecord, env, hostRecord, nowMs, viewOf, vmRecord, type Facts } from './testing/records.js';

const step = (drain: DrainRecord, facts: Partial<Facts> = {}): DrainStep =>
  stepDrain({ drain, cluster: clusterOf(facts), env, answer: viewOf(vmRecord()).answer });
const ask = (on: boolean, existing: DrainRecord | null, facts: Partial<Facts> = {}): DrainAdmission =>
  admitMaintenance(existing, { operation: 'op', host: 'h1', on, reason: 'new disks' }, clusterOf(facts), env);
const inMaintenance = { hosts: [hostRecord('h1', { admin: 'maintenance' }), hostRecord('h2')] };

describe('a host that is to be empty', () => {
  test('names what is left and why it is still there', () => {
    const full = vmRecord({ spec: { ...vmRecord().spec, memoryMiB: 5000 } });
    const { state, effects } = step(drainRecord('h1'), { vms: [full] });
    expect(state.left).toEqual([{ vm: 'web1', text: expect.stringContaining('h2 has 4096 MiB free') }]);
    expect(effects).toEqual([]);
  });

  test('is in maintenance only after nothing is left, and after failover has noted it', () => {
    const empty = step(drainRecord('h1'));
    expect(empty.state.state).toBe('draining');
    expect(empty.effects).toMatchObject([{ kind: 'host-admin', admin: 'maintenance' }]);
    expect(step(drainRecord('h1'), inMaintenance).state.state).toBe('drained');
  });

  test('is not empty while it has access to a VM that runs elsewhere already', () => {
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const moved = withTransition(
      vmRecord({ phase: 'migrating', assignment: to, migration: { to, stage: 'closing', startedAtMs: nowMs } }),
      nowMs,
      { event: 'vm.switched', text: '', data: { from: 'h1', to: 'h2' } },
    );
    expect(step(drainRecord('h1'), { vms: [moved] })).toMatchObject({
      state: { state: 'draining', left: [{ vm: 'web1', text: 'is moving away' }] },
      effects: [],
    });
    const closed = { ...moved, phase: 'running' as const, migration: null };
    expect(step(drainRecord('h1'), { vms: [closed] }).effects).toMatchObject([{ admin: 'maintenance' }]);
  });

  test('is drained again when a VM turns up on it after all', () => {
    const found = step(drainRecord('h1', { state: 'drained' }), { ...inMaintenance, vms: [vmRecord()] });
    expect(found.state.state).toBe('draining');
  });

  test('takes VMs again once failover has noted it', () => {
    const ending = drainRecord('h1', { state: 'ending' });
    expect(step(ending, inMaintenance).effects).toMatchObject([{ admin: 'active' }]);
    expect(step(ending).state.state).toBe('ended');
  });
});

describe('maintenance', () => {
  test('begins with a count of what is there, and asked for twice it is one drain', () => {
    const first = ask(true, null, { vms: [vmRecord()] });
    expect(first.change).toMatchObject({ state: 'draining', vmCount: 1, reason: 'new disks' });
    expect(ask(true, first.change)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('ends at any time', () => {
    expect(ask(false, drainRecord('h1')).change?.state).toBe('ending');
    expect(ask(false, null, inMaintenance).change?.state).toBe('ending');
    expect(ask(true, drainRecord('h1', { state: 'ending' })).change?.state).toBe('draining');
  });

  test('of an unknown host, or the end of one that is not, is refused', () => {
    const unknown = admitMaintenance(null, { operation: 'op', host: 'h9', on: true, reason: '' }, clusterOf(), env);
    expect(unknown.reply).toMatchObject({ refusal: { code: 'not-found', field: 'host' } });
    expect(ask(false, null).reply).toMatchObject({ refusal: { code: 'conflict' } });
  });
});
