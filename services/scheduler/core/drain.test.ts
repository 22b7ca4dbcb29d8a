import {
  drainRemainingMs,
  withTransition,
  type DrainRecord,
  type StuckChoice,
  type VmRecord,
} from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepDrain, type DrainStep } from './drain.js';
import { planDrain } from './drain-plan.js';
import { admitMaintenance, type DrainAdmission } from './drain-request.js';
import { ownMove } from './own-move.js';
import { stepVm } from './vm-lifecycle.js';
import {
  clusterOf,
  drainRecord,
  env,
  hostRecord,
  nowMs,
  observed,
  viewOf,
  vmRecord,
  type Facts,
} from './testing/records.js';

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
    const empty = step(step(drainRecord('h1')).state);
    expect(empty.state.state).toBe('draining');
    expect(empty.effects).toMatchObject([{ kind: 'host-admin', admin: 'maintenance', after: 0 }]);
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
    expect(step(drainRecord('h1', { askedAfter: 0 }), { vms: [closed] }).effects)
      .toMatchObject([{ admin: 'maintenance' }]);
  });

  test('is drained again when a VM turns up on it after all', () => {
    const found = step(drainRecord('h1', { state: 'drained' }), { ...inMaintenance, vms: [vmRecord()] });
    expect(found.state.state).toBe('draining');
  });

  test('takes VMs again once failover has noted it', () => {
    const ending = drainRecord('h1', { state: 'ending' });
    expect(step(step(ending, inMaintenance).state, inMaintenance).effects).toMatchObject([{ admin: 'active' }]);
    expect(step(ending).state.state).toBe('ended');
  });

  test('takes VMs again only once what was asked before cannot put it into maintenance any more', () => {
    const asked = step(drainRecord('h1')).state;
    const ending = ask(false, asked).change ?? asked;
    expect(step(ending)).toMatchObject({ state: { state: 'ending' }, effects: [{ admin: 'active', after: 0 }] });
    const hostAfter = (adminChanges: number, admin: 'active' | 'maintenance'): Partial<Facts> =>
      ({ hosts: [hostRecord('h1', { admin, adminChanges }), hostRecord('h2')] });
    const overtaken = step(ending, hostAfter(1, 'maintenance')).state;
    expect(step(overtaken, hostAfter(1, 'maintenance')).effects).toMatchObject([{ admin: 'active', after: 1 }]);
    expect(step(overtaken, hostAfter(2, 'active')).state.state).toBe('ended');
    expect(step(ending, hostAfter(1, 'active')).state.state).toBe('ended');
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

describe('VMs that share a host that is to be empty', () => {
  const dueMs = nowMs - 5000;
  const sized = (name: string, memoryMiB: number, patch: Partial<VmRecord> = {}): VmRecord =>
    vmRecord({ name, uid: name, volumes: [], phaseSinceMs: dueMs, spec: { ...vmRecord().spec, memoryMiB }, ...patch });
  const failed = (vm: VmRecord): VmRecord =>
    [1, 2, 3].reduce((seen) => withTransition(seen, nowMs, { event: 'vm.migration-failed', text: '' }), vm);
  const draining = (stuck: StuckChoice, vms: VmRecord[]): Partial<Facts> =>
    ({ vms, drains: [drainRecord('h1', { stuck })] });

  test('leave it the largest first; one that nobody takes holds up nobody', () => {
    const vms = [sized('a', 100), sized('b', 300), sized('c', 9000)];
    const facts = draining('leave', vms);
    const ofEach = vms.map((vm) => ownMove(viewOf(vm, facts)));
    expect(ofEach).toEqual([{ inMs: 1000 }, expect.objectContaining({ to: 'h2' }), { inMs: 5000, stuck: true }]);
  });

  test('that cannot move are shut down when that was chosen, and not before all others have gone', () => {
    const stuck = sized('c', 9000);
    const phaseOf = (choice: StuckChoice, vms: VmRecord[]): string =>
      stepVm(viewOf(stuck, draining(choice, vms))).state.phase;
    expect(phaseOf('shutdown', [stuck, sized('a', 100)])).toBe('running');
    expect(phaseOf('leave', [stuck])).toBe('running');
    expect(phaseOf('restart', [stuck])).toBe('running');
    expect(stepVm(viewOf(stuck, draining('shutdown', [stuck]))).state).toMatchObject({
      phase: 'stopping', desired: 'stopped', generation: 2,
    });
  });

  test('whose moves fail again and again are started elsewhere, or shut down', () => {
    const vm = failed(sized('a', 100));
    expect(stepVm(viewOf(vm, draining('leave', [vm]))).state.phase).toBe('migrating');
    expect(stepVm(viewOf(vm, draining('restart', [vm]))).state).toMatchObject({
      phase: 'stopping', desired: 'running', home: 'h1',
    });
    const down = stepVm(viewOf(vm, draining('shutdown', [vm]))).state;
    expect(down).toMatchObject({ phase: 'stopping', desired: 'stopped' });
    const disarmed = { armed: false, text: 'disarmed', reconciles: true };
    expect(stepVm(viewOf(vm, { ...draining('restart', [vm]), arming: disarmed })).state.phase).toBe('migrating');
  });

  test('stay once the drain is cancelled; one on the way arrives', () => {
    const cancelled = ask(false, drainRecord('h1', { stuck: 'shutdown' }), { vms: [sized('a', 100)] }).change;
    const facts = { vms: [sized('a', 100)], drains: cancelled ? [cancelled] : [] };
    expect(stepVm(viewOf(sized('a', 100), facts)).state.phase).toBe('running');
    expect(step(cancelled ?? drainRecord('h1'), facts).state.state).toBe('ended');
  });

  test('are planned in the order in which they go, with those that cannot', () => {
    const vms = [sized('a', 100), sized('b', 3000), sized('c', 2000), sized('d', 10, { phase: 'starting' })];
    expect(planDrain(clusterOf({ vms }), 'h1')).toMatchObject({
      value: {
        totalMiB: 5110,
        moves: [{ vm: 'b', to: 'h2' }, { vm: 'a', to: 'h2' }],
        stuck: [{ vm: 'c', text: expect.stringContaining('has 1096 MiB free') }, { vm: 'd', text: 'it is starting' }],
        mibPerSecond: null,
      },
    });
    expect(planDrain(clusterOf(), 'h9')).toMatchObject({ refusal: { code: 'not-found' } });
  });

  test('are not planned to a host without their storage, which the host to be emptied still reaches', () => {
    const vms = [sized('a', 100, { volumes: [{ volume: 'a', pool: 'san', node: 'san1', sizeMiB: 64 }] })];
    const cutOff = clusterOf({ vms, observed: [observed('h1'), observed('h2', {}, { lostPools: { san: 1 } })] });
    expect(planDrain(cutOff, 'h1')).toMatchObject({ value: { moves: [], stuck: [{ vm: 'a' }] } });
  });

  test('tell how much is left, and from what has left how long the rest takes', () => {
    const begun = ask(true, null, { vms: [sized('a', 1000), sized('b', 3000)] }).change as DrainRecord;
    expect(begun.progress).toMatchObject({ totalMiB: 4000, leftVms: 2 });
    const { state } = stepDrain({
      drain: begun,
      cluster: clusterOf({ vms: [sized('a', 1000)] }),
      env: { ...env, nowMs: nowMs + 6000 },
      answer: () => null,
    });
    expect(state.progress).toMatchObject({ totalMiB: 4000, leftVms: 1, leftMiB: 1000, stuckMiB: 0 });
    expect(drainRemainingMs(state)).toBe(2000);
  });

  test('that were shut down are named', () => {
    const before = drainRecord('h1', { stuck: 'shutdown', left: [{ vm: 'a', text: '' }, { vm: 'b', text: '' }] });
    const vms = [sized('a', 100, { assignment: null, phase: 'stopped', desired: 'stopped' }), sized('b', 9000)];
    expect(step(before, { vms }).state.shutDown).toEqual(['a']);
  });
});
