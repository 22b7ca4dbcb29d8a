import { accepted, refused, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import {
  attachment,
  copy,
  evidence,
  holder,
  hostRecord,
  nowMs,
  observed,
  viewOf,
  vmRecord,
  volumeRecord,
  type Facts,
} from './testing/records.js';

const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const kinds = (...args: Parameters<typeof viewOf>) => step(...args).effects.map(({ kind }) => kind);
const nothingThere = accepted({ state: 'already-done' });
const out = (...list: ReturnType<typeof evidence>[]): Partial<Facts> => ({
  hosts: [hostRecord('h1', { health: 'fenced', epoch: 3, evidence: list }), hostRecord('h2')],
});
const stopOf = (vm: VmRecord): VmRecord => ({
  ...vm,
  desired: 'stopped',
  operation: { id: 'op1', kind: 'stop' },
});
const endOf = ({ state }: ReturnType<typeof step>) => state.transitions.at(-1)?.data['operationState'];

describe('starting', () => {
  const attaching = vmRecord({ phase: 'attaching' });

  test('a start is sent only when its volume is open to that generation alone', () => {
    expect(kinds(attaching)).toEqual(['attach']);
    for (const holders of [
      [holder('h1', 1, 'opening')],
      [holder('h2', 1)],
      [holder('h1', 2)],
      [holder('h2', 0, 'revoking'), holder('h1', 1)],
    ]) {
      expect(kinds(attaching, { attachments: [attachment(holders)] })).toEqual(['attach']);
    }
    const open = { attachments: [attachment([holder('h1', 1)])] };
    const { state, effects } = step(attaching, open);
    expect(state.phase).toBe('starting');
    expect(effects).toEqual([]);
    expect(kinds(state, open)).toEqual(['start']);
  });

  test('every volume has to be open, not just the first', () => {
    const second = { volume: 'disk2', pool: 'san', node: 'san2', sizeMiB: 64 };
    const vm = { ...attaching, volumes: [...attaching.volumes, second] };
    const { state } = step(vm, { attachments: [attachment([holder('h1', 1)])] });
    expect(state.phase).toBe('attaching');
  });

  test('every assignment has a generation never used before', () => {
    const vm = vmRecord({ phase: 'stopped', assignment: null, generation: 7 });
    expect(step(vm).state).toMatchObject({ generation: 8, assignment: { generation: 8, hostEpoch: 2 } });
  });

  test('storage that has seen a newer number is given the next one', () => {
    const refusal = { 'attach/disk/g1': refused('stale', 'below a floor') };
    expect(step({ ...attaching, changedAtMs: nowMs - 999 }, {}, refusal).state.generation).toBe(1);
    const { state } = step({ ...attaching, changedAtMs: nowMs - 1000 }, {}, refusal);
    expect(state).toMatchObject({ phase: 'attaching', generation: 2, assignment: { generation: 2 } });
  });

  test('it counts as running when observed at exactly its generation, not when a start was answered', () => {
    const starting = vmRecord({ phase: 'starting', operation: { id: 'op1', kind: 'create' } });
    const answers = { 'start/h1/g1': accepted({ state: 'started-work' }) };
    expect(step(starting, {}, answers).state.phase).toBe('starting');
    const older = { observed: [observed('h1', { web1: copy(0, 'running') })] };
    expect(step(starting, older, answers).state.phase).toBe('starting');
    const seen = { observed: [observed('h1', { web1: copy(1, 'running') })] };
    const ended = step(starting, seen, answers);
    expect(ended.state).toMatchObject({ phase: 'running', operation: null });
    expect(endOf(ended)).toBe('done');
  });

  test('a refused start is tried with a new generation only after the agent promised a floor', () => {
    const starting = vmRecord({ phase: 'starting' });
    const no = { 'start/h1/g1': refused('no-capacity', 'full') };
    const { effects, state } = step(starting, {}, no);
    expect(effects).toMatchObject([{ kind: 'stop', generation: 2 }]);
    expect(state).toBe(starting);
    const inHand = { ...no, 'stop/h1/below-g2/force': accepted({ state: 'started-work' }) };
    expect(step(starting, {}, inHand).state).toBe(starting);
    const promised = { ...no, 'stop/h1/below-g2/force': nothingThere };
    expect(step(starting, {}, promised).state).toMatchObject({ phase: 'attaching', generation: 2 });
  });

  test('after too many failed starts another host is tried, then it is given up with the reason', () => {
    const once = vmRecord({ phase: 'starting', failures: { starts: 1, hosts: [] } });
    const seen = { observed: [observed('h1', { web1: copy(1, 'failed', { reason: 'no image' }) })] };
    const relocated = step(once, seen).state;
    expect(relocated).toMatchObject({ phase: 'waiting', failures: { hosts: ['h1'] } });
    expect(step(relocated).state.assignment?.host).toBe('h2');
    const twice = vmRecord({ phase: 'starting', failures: { starts: 1, hosts: ['h2'] } });
    expect(step(twice, seen).state).toMatchObject({
      phase: 'failed',
      reason: 'given up after failed starts on h2, h1: no image',
    });
  });

  test('without room it waits with the reason, and whoever asked is told at once', () => {
    const full = { hosts: [hostRecord('h1', { health: 'held' })] };
    const asked = vmRecord({ phase: 'stopped', assignment: null, operation: { id: 'op1', kind: 'start' } });
    const waiting = step(asked, full);
    expect(waiting.state).toMatchObject({ phase: 'waiting', operation: null });
    expect(endOf(waiting)).toBe('failed');
    expect(step(waiting.state, full).state).toBe(waiting.state);
    const again = { ...waiting.state, operation: { id: 'op2', kind: 'start' as const } };
    expect(endOf(step(again, full))).toBe('failed');
  });
});

describe('stopping', () => {
  test('a stop is a new generation before anything is sent', () => {
    const { state, effects } = step(stopOf(vmRecord()));
    expect(state).toMatchObject({ phase: 'stopping', generation: 2 });
    expect(effects).toEqual([]);
    expect(step(state).effects).toMatchObject([{ kind: 'stop', generation: 2, graceSeconds: 30 }]);
  });

  test('access is taken back only when no copy runs, and it is stopped only when it has none', () => {
    const stopping = stopOf(vmRecord({ phase: 'stopping', generation: 2 }));
    const open = { attachments: [attachment([holder('h1', 1)])] };
    expect(step(stopping, open).state).toBe(stopping);
    const gone = { ...open, observed: [observed('h1', { web1: copy(1, 'stopped') })] };
    const detaching = step(stopping, gone).state;
    expect(detaching.phase).toBe('detaching');
    expect(step(detaching, gone).effects).toMatchObject([{ kind: 'detach', floor: 2, only: null }]);
    const revoking = { attachments: [attachment([holder('h1', 1, 'revoking')])] };
    expect(step(detaching, revoking).state).toBe(detaching);
    const stopped = step(detaching, { attachments: [attachment([], { newest: 1 })] });
    expect(stopped.state).toMatchObject({ phase: 'stopped', assignment: null });
    expect(endOf(stopped)).toBe('done');
  });

  test('an attach still on its way is ruled out before the VM counts as stopped', () => {
    const detaching = stopOf(vmRecord({ phase: 'detaching', generation: 2 }));
    expect(kinds(detaching)).toEqual(['detach']);
    expect(kinds(detaching, { attachments: [attachment([], { newest: 0 })] })).toEqual(['detach']);
    const answers = { 'detach/disk/below-g2': accepted({ provenAtMs: 1 }) };
    expect(step(detaching, {}, answers).state.phase).toBe('stopped');
    expect(step(detaching, { attachments: [attachment([], { newest: 0 })] }, answers).state).toBe(detaching);
  });

  test('a stop that overruled a start ends when it is stopped, not when it is seen running', () => {
    const starting = stopOf(vmRecord({ phase: 'starting' }));
    const { state } = step(starting, { observed: [observed('h1', { web1: copy(1, 'running') })] });
    expect(state).toMatchObject({ phase: 'stopping', generation: 2, operation: { kind: 'stop' } });
  });

  test('a guest that powers itself down stays down, and what was asked of it meanwhile has failed', () => {
    const vm = vmRecord({ operation: { id: 'op1', kind: 'reboot' }, reboot: { operation: 'op1', force: false } });
    const facts = { observed: [observed('h1', { web1: copy(1, 'stopped', { reason: 'guest-shutdown' }) })] };
    const down = step(vm, facts);
    expect(down.state).toMatchObject({ phase: 'detaching', desired: 'stopped', generation: 2, reboot: null });
    expect(endOf(down)).toBe('failed');
  });

  test('a crashed guest is started again, and a move asked of it meanwhile has failed', () => {
    const vm = vmRecord({ operation: { id: 'op1', kind: 'migrate' } });
    const facts = { observed: [observed('h1', { web1: copy(1, 'failed', { reason: 'crashed' }) })] };
    const crashed = step(vm, facts);
    expect(crashed.state).toMatchObject({ phase: 'attaching', generation: 2, operation: null });
    expect(endOf(crashed)).toBe('failed');
  });

  test('a stop of a VM that was given up ends it', () => {
    const failed = stopOf(vmRecord({ phase: 'failed', assignment: null }));
    const ended = step(failed);
    expect(ended.state).toMatchObject({ phase: 'stopped', operation: null });
    expect(endOf(ended)).toBe('done');
  });

  test('a VM given up before any agent had it is released on the agent’s word', () => {
    const failed = vmRecord({ phase: 'failed' });
    const { effects, state } = step(failed);
    expect(effects).toMatchObject([{ kind: 'stop', host: 'h1', generation: 2 }]);
    expect(state).toBe(failed);
    const answers = { 'stop/h1/below-g2/force': nothingThere };
    expect(kinds(failed, {}, answers)).toEqual(['detach']);
    const shut = { attachments: [attachment([], { newest: 1 })] };
    expect(step(failed, shut, answers).state).toMatchObject({ assignment: null, generation: 2 });
  });
});

describe('recovery', () => {
  const recovering = vmRecord({ phase: 'recovering' });

  test('a VM whose host is out recovers, but nothing is placed without proof', () => {
    const { state } = step(vmRecord(), out());
    expect(state.phase).toBe('recovering');
    expect(step(state, out())).toMatchObject({ state, effects: [] });
    expect(step(state, out(evidence('power-off', { voidedAtMs: 1 }))).state).toBe(state);
    const placed = step(state, out(evidence('storage-revoked'))).state;
    expect(placed).toMatchObject({ phase: 'attaching', generation: 2, assignment: { host: 'h2' } });
  });

  test('silence alone moves nothing: a suspect or held host keeps its VMs', () => {
    for (const health of ['suspect', 'held'] as const) {
      expect(step(vmRecord(), { hosts: [hostRecord('h1', { health })] }).effects).toEqual([]);
      const vm = vmRecord();
      expect(step(vm, { hosts: [hostRecord('h1', { health })] }).state).toBe(vm);
    }
  });

  test('a proof voided while the VM waits for room stops its recovery', () => {
    const full = (...list: ReturnType<typeof evidence>[]): Partial<Facts> => ({
      hosts: [hostRecord('h1', { health: 'fenced', epoch: 3, evidence: list })],
    });
    const diskless = { ...recovering, volumes: [] };
    const waiting = step(diskless, full(evidence('power-off'))).state;
    expect(waiting).toMatchObject({ phase: 'recovering', assignment: { host: 'h1' } });
    expect(step(waiting, full(evidence('power-off'))).state).toBe(waiting);
    const voided = out(evidence('power-off', { voidedAtMs: 5 }));
    expect(step(waiting, voided).state).toBe(waiting);
    expect(step(waiting, out(evidence('power-off'))).state.assignment?.host).toBe('h2');
  });

  test('a VM that was on the move needs proof for both of its copies', () => {
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const migration = { to, stage: 'moving' as const, startedAtMs: 0 };
    const vm = { ...recovering, generation: 2, migration };
    const facts = out(evidence('storage-revoked'));
    const { state, effects } = step(vm, facts);
    expect(state).toBe(vm);
    expect(effects).toMatchObject([{ kind: 'stop', host: 'h2', generation: 3 }]);
    const working = { 'stop/h2/below-g3/force': accepted({ state: 'started-work' }) };
    expect(step(vm, facts, working).state).toBe(vm);
    const both = step(vm, facts, { 'stop/h2/below-g3/force': nothingThere }).state;
    expect(both).toMatchObject({ phase: 'attaching', generation: 4, assignment: { generation: 4 } });
    const sourceAlive = step(vm, {}, { 'stop/h2/below-g3/force': nothingThere });
    expect(sourceAlive.state).toBe(vm);
  });

  test('one that is not wanted any more is shut out and stays down', () => {
    const vm = stopOf(recovering);
    const { state } = step(vm, out(evidence('power-off')));
    expect(state).toMatchObject({ phase: 'detaching', generation: 2 });
  });

  test('a move asked of a lost copy has failed; a start goes on elsewhere', () => {
    const moved = step(vmRecord({ operation: { id: 'op1', kind: 'migrate' } }), out());
    expect([moved.state.phase, moved.state.operation, endOf(moved)]).toEqual(['recovering', null, 'failed']);
    const started = step(vmRecord({ phase: 'starting', operation: { id: 'op1', kind: 'start' } }), out());
    expect(started.state.operation?.kind).toBe('start');
  });

  test('a host lost before anything was started there is simply replaced', () => {
    const { state } = step(vmRecord({ phase: 'attaching', changedAtMs: nowMs - 1000 }), out());
    expect(state).toMatchObject({ phase: 'attaching', generation: 2, assignment: { host: 'h2' } });
  });

  test('a choice that another replica has just made stands for a while, and is worked on', () => {
    const fresh = vmRecord({ phase: 'attaching', changedAtMs: nowMs - 999 });
    expect(kinds(fresh, out())).toEqual(['attach']);
    const refusal = { 'attach/disk/g1': refused('stale', 'below a floor') };
    expect(step(fresh, out(), refusal).state).toMatchObject({ generation: 2, assignment: { host: 'h2' } });
  });
});

describe('creating and deleting', () => {
  test('it is placed only when its volumes are ready', () => {
    const vm = vmRecord({ phase: 'provisioning', assignment: null, generation: 0 });
    expect(kinds(vm, { volumes: [] })).toEqual(['create-volume']);
    expect(kinds(vm, { volumes: [volumeRecord({ state: 'creating' })] })).toEqual(['create-volume']);
    expect(step(vm).state).toMatchObject({ phase: 'attaching', generation: 1 });
    const broken = { volumes: [volumeRecord({ state: 'failed', reason: 'no space' })] };
    expect(step(vm, broken).state).toMatchObject({ phase: 'failed', desired: 'stopped' });
  });

  test('a delete is not forgotten over a volume that could not be created', () => {
    const vm = vmRecord({ phase: 'provisioning', desired: 'deleted', assignment: null });
    const broken = { volumes: [volumeRecord({ state: 'failed' })] };
    expect(step(vm, broken).state.phase).toBe('deleting');
  });

  test('it is deleted when storage has answered for every volume and none is left', () => {
    const vm = vmRecord({ phase: 'deleting', desired: 'deleted', assignment: null });
    expect(kinds(vm, { volumes: [] })).toEqual(['delete-volume']);
    const answers = { 'delete-volume/disk': accepted({ state: 'deleting' }) };
    expect(step(vm, { volumes: [volumeRecord({ state: 'deleting' })] }, answers).state).toBe(vm);
    expect(step(vm, { volumes: [] }, answers).state.phase).toBe('deleted');
  });

  test('a VM that ran long enough is forgiven its failed starts', () => {
    const vm = vmRecord({ failures: { starts: 1, hosts: ['h2'] }, phaseSinceMs: nowMs - 60_000 });
    expect(step(vm).state.failures).toEqual({ starts: 0, hosts: [] });
  });
});
