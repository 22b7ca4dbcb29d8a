import { accepted, refused, type CopyStorageLoss, type VmPolicy, type VmRecord } from '@holdfast/contracts';
import { vmSpecSchema } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import { storageLostAfterMs } from './storage-loss.js';
import {
  attachment, copy, holder, hostRecord, nowMs, observed, viewOf, vmRecord, type Facts,
} from './testing/records.js';

const longAgoMs = nowMs - storageLostAfterMs;
const answers = { 'detach/disk/below-g1': accepted({ state: 'already-done' }) };

function lost(reason: CopyStorageLoss['reason']): Partial<Facts> {
  const storageLost = { reason, volumes: ['disk'], sinceMs: nowMs };
  const lostPools: Record<string, number> = reason === 'path' ? { san: nowMs } : {};
  return {
    observed: [observed('h1', { web1: copy(1, 'running', { storageLost }) }, { lostPools }), observed('h2')],
    attachments: [attachment([holder('h1', 1)])],
  };
}

function losing(policy: Partial<VmPolicy> = {}, patch: Partial<VmRecord['storageLost']> = {}): VmRecord {
  return vmRecord({
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy }),
    storageLost: { host: 'h1', generation: 1, reason: 'path', sinceMs: longAgoMs, isHeld: false, ...patch },
  });
}

const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const last = ({ state }: ReturnType<typeof step>) => state.transitions.at(-1);

describe('a VM whose disks do not answer its host', () => {
  test('says so at once, and stays where it is for a while', () => {
    const told = step(vmRecord(), lost('path'));
    expect(last(told)).toMatchObject({ event: 'vm.storage-lost', data: { host: 'h1', reason: 'path' } });
    const waiting = step(told.state, lost('path'), answers);
    expect(waiting).toMatchObject({ state: { phase: 'running' }, effects: [], wakeAtMs: nowMs + storageLostAfterMs });
  });

  test('is well again when they answer', () => {
    const facts = { observed: [observed('h1', { web1: copy(1, 'running') }), observed('h2')] };
    const back = step(losing(), facts);
    expect(last(back)?.event).toBe('vm.storage-back');
    expect(back.state).toMatchObject({ phase: 'running', generation: 1 });
    expect(back.state.storageLost).toBeUndefined();
  });

  test('leaves once storage has shown that it answers', () => {
    const asking = step(losing(), lost('path'));
    expect(asking.effects).toMatchObject([{ kind: 'detach', floor: 1 }]);
    const leaving = step(losing(), lost('path'), answers);
    expect(leaving.state).toMatchObject({ phase: 'recovering', generation: 2, assignment: { generation: 1 } });
  });

  test('waits when storage itself does not answer', () => {
    const refusing = { 'detach/disk/below-g1': refused('unavailable', 'no answer') };
    const dueLongAgo = losing({}, { sinceMs: nowMs - 60_000 });
    const held = step(dueLongAgo, lost('path'), refusing);
    expect(held.state.phase).toBe('running');
    expect(last(held)).toMatchObject({ event: 'vm.held', text: expect.stringContaining('storage itself') as string });
    expect(step(held.state, lost('path'), refusing).effects).toMatchObject([{ kind: 'detach' }]);
  });

  test('waits when no other host reaches them', () => {
    const [here] = lost('path').observed ?? [];
    const everywhere = { ...lost('path'), observed: [here!, observed('h2', {}, { lostPools: { san: nowMs } })] };
    const held = step(losing(), everywhere, answers);
    expect(held.state).toMatchObject({ phase: 'running', storageLost: { isHeld: true } });
    expect(last(held)?.text).toContain('no host reaches the storage of san');
    expect(step(held.state, everywhere, answers).state).toBe(held.state);
  });

  test('waits anew once another host reaches them, which this one may in the next moment', () => {
    const again = step(losing({}, { isHeld: true }), lost('path'), answers);
    expect(again.state).toMatchObject({ phase: 'running', storageLost: { sinceMs: nowMs, isHeld: false } });
  });

  test.each([
    ['policy onStorageLoss pause', losing({ onStorageLoss: 'pause' }), lost('path')],
    ['policy restart never', losing({ restart: 'never' }), lost('path')],
    ['a disk that returns errors', losing({}, { reason: 'error' }), lost('error')],
    ['a disarmed cluster', losing(), { ...lost('path'), arming: { armed: false, text: 'disarmed' } }],
  ])('waits: %s', (_why, vm, facts) => {
    const held = step(vm, facts as Partial<Facts>, answers);
    expect(held.state.phase).toBe('running');
    expect(last(held)?.event).toBe('vm.held');
  });

  test('starts anew whatever is to wait for storage, when it is its hypervisor that asks it no more', () => {
    const vm = losing({ onStorageLoss: 'pause' }, { reason: 'session' });
    const left = step(vm, lost('session'), answers);
    expect(left.state).toMatchObject({ phase: 'recovering', generation: 2 });
    const never = losing({ restart: 'never' }, { reason: 'session' });
    expect(step(never, lost('session'), answers).state.phase).toBe('running');
  });

  test('what was told stands for a while, for a replica that sees an older report', () => {
    const well = { observed: [observed('h1', { web1: copy(1, 'running') }), observed('h2')] };
    const told = step(vmRecord(), lost('path'));
    expect(step(told.state, well).state).toBe(told.state);
    expect(last(stepVm(viewOf(told.state, well, {}, nowMs + 5000)))?.event).toBe('vm.storage-back');
  });

  test('a new reason begins the wait anew', () => {
    const other = step(losing(), lost('target'), answers);
    expect(other.state).toMatchObject({ phase: 'running', storageLost: { reason: 'target', sinceMs: nowMs } });
  });
});

describe('a VM that leaves a host which has lost its disks', () => {
  const leaving: VmRecord = { ...losing(), phase: 'recovering', generation: 2 };

  test('its copy is ordered gone and shut out at once', () => {
    expect(step(leaving, lost('path')).effects).toMatchObject([
      { kind: 'stop', host: 'h1', generation: 2, graceSeconds: 0 },
      { kind: 'detach', floor: 2, only: null },
    ]);
  });

  test('starts elsewhere once its agent says that the copy has ended', () => {
    const facts = {
      observed: [observed('h1', { web1: copy(1, 'stopped') }, { lostPools: { san: nowMs } }), observed('h2')],
    };
    const { state } = step(leaving, facts);
    expect(state).toMatchObject({ phase: 'attaching', generation: 3, assignment: { host: 'h2' }, leftovers: [] });
    expect(state.storageLost).toBeUndefined();
  });

  test('starts elsewhere once storage has shut the copy out, which stays ordered gone', () => {
    const facts = { ...lost('path'), attachments: [attachment([], { newest: 1 })] };
    const shutOut = step(leaving, facts);
    expect(last(shutOut)?.event).toBe('vm.shut-out');
    expect(shutOut.state.leftovers).toEqual([leaving.assignment]);
    const placed = step(shutOut.state, facts);
    expect(placed.state).toMatchObject({ phase: 'attaching', assignment: { host: 'h2', generation: 3 } });
    expect(placed.state.leftovers).toEqual([leaving.assignment]);
  });

  test('that waits for a host keeps its copy in mind, also where another replica sees that it is gone', () => {
    const hosts = [hostRecord('h1'), hostRecord('h2', { admin: 'maintenance' })];
    const late = { ...lost('path'), hosts, attachments: [attachment([], { newest: 1 })] };
    const gone = observed('h1', { web1: copy(1, 'stopped') }, { lostPools: { san: nowMs } });
    const ended = { ...late, observed: [gone, observed('h2')] };
    let vm = step(leaving, late).state;
    for (const facts of [ended, late, ended, late]) vm = step(vm, facts).state;
    const told = vm.transitions.map(({ event }) => event);
    expect(told).toEqual(['vm.shut-out', 'vm.unplaceable']);
    expect(vm.leftovers).toEqual([leaving.assignment]);
    expect(step(vm, late).effects).toMatchObject([{ kind: 'stop', host: 'h1' }]);
    expect(step(vm, ended).effects).toEqual([]);
    const placed = step(vm, { ...ended, hosts: [hostRecord('h1'), hostRecord('h2')] }).state;
    expect(placed).toMatchObject({ phase: 'attaching', leftovers: [leaving.assignment] });
    expect(last(step(placed, ended))?.event).toBe('vm.cleared');
  });

  test('storage cannot speak for one whose policy asks for power', () => {
    const vm = { ...leaving, spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { proof: 'power' } }) };
    const facts = { ...lost('path'), attachments: [attachment([], { newest: 1 })] };
    expect(step(vm, facts).state.phase).toBe('recovering');
  });
});
