import { isSuspended, refused, suspendedReason, vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import {
  admitDiskAdd, admitResize, admitStart, admitSuspend, memoryFor, plugOrder, stepVm, watchOf, type Admission,
} from './index.js';
import {
  attachment, clusterOf, copy, env, holder, hostRecord, nowMs, observed, viewOf, vmRecord, volumeRecord,
} from './testing/records.js';

const request = { operation: 'op1', vm: 'web1' };
const ask = (vm: VmRecord): Admission => admitSuspend(vm, request, env);
const refusalOf = ({ reply }: Admission): unknown => (reply.ok ? null : reply.refusal);
const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const asked = ask(vmRecord()).change as VmRecord;
const volume = asked.savedMemory?.volume ?? '';
const hosts = [hostRecord('h1'), hostRecord('h2')];
const volumes = [volumeRecord(), volumeRecord({ volume })];
const open = [attachment([holder('h1', 1)]), attachment([holder('h1', 1)], { volume })];
const runs = { hosts, volumes, observed: [observed('h1', { web1: copy(1, 'running') }), observed('h2')] };
const ended = (reason: string) => ({
  ...runs, attachments: open, observed: [observed('h1', { web1: copy(1, 'stopped', { reason }) }), observed('h2')],
});
const plugging = step(asked, runs).state;
const closed = [attachment([], { newest: 1 }), attachment([], { volume, newest: 1 })];
const kept = step(step(plugging, ended(suspendedReason)).state, { ...runs, attachments: closed }).state;

describe('a VM is suspended', () => {
  test('with room made for its memory, opened to its copy, and its host told to write it there', () => {
    expect(asked).toMatchObject({ phase: 'running', desired: 'running', savedMemory: { state: 'storing' } });
    expect(asked.spec.disks).toHaveLength(1);
    const nowhere = { hosts, volumes: [volumeRecord()] };
    expect(step(asked, nowhere).effects).toMatchObject([{ kind: 'create-volume', volume }]);
    expect(step(plugging, runs).effects).toMatchObject([{ kind: 'attach', volume, host: 'h1' }]);
    const told = step(plugging, { ...runs, attachments: open });
    expect(told.effects).toMatchObject([{ kind: 'plug', host: 'h1', plug: 'op1' }]);
    const order = plugOrder(plugging, 1, clusterOf({ attachments: open }));
    expect(order?.change).toMatchObject({ to: 'memory', disk: { volume }, disks: [{ volume: 'disk' }] });
  });

  test('when its host says so: nothing runs, nobody has access, and its memory is kept', () => {
    expect(kept).toMatchObject({ phase: 'stopped', operation: null, assignment: null });
    expect(kept.reason).toBe('suspended; nobody has access to its volumes');
    expect(kept.savedMemory).toEqual({ volume, state: 'kept' });
    expect(isSuspended(kept)).toBe(true);
    expect(step(kept, { ...runs, attachments: closed }).effects).toEqual([]);
  });

  test('and one that ends otherwise meanwhile starts anew, its memory deleted', () => {
    const crashed = step(plugging, ended('crashed')).state;
    expect(crashed).toMatchObject({ phase: 'attaching', generation: 2, operation: null });
    const again = [attachment([holder('h1', 2)]), attachment([holder('h1', 2)], { volume })];
    const cluster = clusterOf({ attachments: again });
    expect(memoryFor(crashed, 2, cluster)).toBeUndefined();
    const anew = { ...crashed, phase: 'running' as const };
    const here = { ...runs, observed: [observed('h1', { web1: copy(2, 'running') })], attachments: again };
    const forgot = step(anew, here);
    expect(forgot.state).toMatchObject({ diskChange: { volume, to: 'gone' } });
    expect(forgot.state.savedMemory).toBeUndefined();
    expect(forgot.state.transitions.at(-1)).toMatchObject({ event: 'vm.memory-lost' });
  });

  test('not at all where its host cannot: it runs on, and the room is given back', () => {
    const plug = { id: 'op1', result: 'failed' as const, reason: 'no space left' };
    const failed = { ...runs, attachments: open, observed: [observed('h1', { web1: copy(1, 'running', { plug }) })] };
    const { state } = step(plugging, failed);
    expect(state).toMatchObject({ phase: 'running', operation: null, reason: 'not suspended: no space left' });
    expect([state.savedMemory, state.diskChange]).toEqual([undefined, { volume, to: 'gone' }]);
  });

  test('nor where its host knows nothing of that', () => {
    const unknown = refused('invalid', 'change: there is no such change');
    const { state } = step(plugging, { ...runs, attachments: open }, { 'plug/op1': unknown });
    expect(state).toMatchObject({ phase: 'running', operation: null, diskChange: { volume, to: 'gone' } });
  });

  test('and its guest is left alone meanwhile, for it answers nobody', () => {
    const policy = { probes: { panic: true } };
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks: [{ sizeMiB: 64 }], policy });
    const guest = { state: 'unhealthy' as const, sinceMs: nowMs - 60_000, probe: 'agent', reason: 'no answer' };
    const watched = copy(1, 'running', { guest, watch: watchOf({ spec })?.key });
    const sick = { ...runs, attachments: open, observed: [observed('h1', { web1: watched })] };
    expect(step({ ...plugging, spec }, sick).effects).toMatchObject([{ kind: 'plug' }]);
    const { state } = step(vmRecord({ spec }), sick);
    expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.unhealthy' });
  });

  test('only while it runs, with disks, and nothing else in hand', () => {
    const of = (patch: Partial<VmRecord>): unknown => refusalOf(ask(vmRecord(patch)));
    expect(of({ phase: 'stopped', assignment: null })).toMatchObject({ remedy: 'wait until it runs' });
    expect(of({ pausedGeneration: 1 })).toMatchObject({ remedy: 'let it go on first (holdfast vm resume web1)' });
    expect(of({ volumes: [] })).toMatchObject({ message: 'web1 has no disk, so it cannot be suspended' });
    expect(of({ nextSize: { cpus: 2, memoryMiB: 512 } })).toMatchObject({ remedy: 'stop and start it first' });
  });
});

describe('its next start', () => {
  const free = { hosts, volumes, attachments: closed };
  const start = (vm: VmRecord, discardMemory = false): VmRecord => {
    const wanted = { operation: 'op2', vm: 'web1', host: 'h2', discardMemory };
    return admitStart(vm, wanted, clusterOf(free), env).change as VmRecord;
  };
  const placed = step(start(kept), free).state;
  const generation = placed.assignment?.generation ?? 0;
  const opened = [attachment([holder('h2', generation)]), attachment([holder('h2', generation)], { volume })];

  test('goes on from there, at that generation and no other', () => {
    expect(placed).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' } });
    expect(placed.savedMemory).toEqual({ volume, state: 'spent', generation });
    expect(memoryFor(placed, generation, clusterOf({ attachments: closed }))).toBeNull();
    expect(memoryFor(placed, generation, clusterOf({ attachments: opened }))).toMatchObject({ volume });
    expect(memoryFor(placed, generation + 1, clusterOf({ attachments: opened }))).toBeUndefined();
  });

  test('once it runs the memory is deleted', () => {
    const here = { ...runs, observed: [observed('h2', { web1: copy(generation, 'running') })], attachments: opened };
    const used = step({ ...placed, phase: 'running' }, here).state;
    expect(used.transitions.at(-1)).toMatchObject({ event: 'vm.memory-used', data: { host: 'h2' } });
    expect([used.savedMemory, used.diskChange]).toEqual([undefined, { volume, to: 'gone' }]);
    expect(step(used, here).effects).toMatchObject([{ kind: 'detach', volume }]);
  });

  test('boots anew where that is asked for', () => {
    const cold = step(start(kept, true), free).state;
    expect(cold.transitions.at(-1)).toMatchObject({ event: 'vm.memory-lost' });
    expect(cold.savedMemory).toBeUndefined();
  });

  test('and until then nothing changes its devices', () => {
    const add = admitDiskAdd(kept, { operation: 'op3', vm: 'web1', sizeMiB: 1 }, clusterOf(), env);
    const size = { cpus: 2, memoryMiB: 512 };
    const resize = admitResize(kept, { operation: 'op3', vm: 'web1', size, atNextStart: false }, clusterOf(), env);
    for (const refused of [add, resize]) {
      expect(JSON.stringify(refusalOf(refused))).toContain('--discard-memory');
    }
  });
});
