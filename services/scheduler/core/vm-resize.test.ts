import { vmSpecSchema, type ObservedVm, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitResize, admitStop, operationAfter, stepVm, type Admission, type ResizeRequest } from './index.js';
import { snapshotOf } from './placement/feed.js';
import { clusterOf, copy, env, evidence, hostRecord, observed, viewOf, vmRecord } from './testing/records.js';

const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 1024, maxCpus: 4, maxMemoryMiB: 4096 });
const running = vmRecord({ spec });
const stopped = vmRecord({ spec, phase: 'stopped', desired: 'stopped', assignment: null });
const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const seen = (resize?: ObservedVm['resize'], state: ObservedVm['state'] = 'running') => ({
  observed: [observed('h1', { web1: copy(1, state, resize ? { resize } : {}) }), observed('h2')],
});
const told = (result: 'asked' | 'done' | 'failed', has?: { cpus: number; memoryMiB: number }) =>
  seen({ operation: 'op1', result, reason: result === 'failed' ? 'no module' : '', ...(has && { has }) });

function admitted(vm: VmRecord, size: ResizeRequest['size'], more: { atNextStart?: boolean; vms?: VmRecord[] } = {}) {
  const { atNextStart = false, vms = [] } = more;
  const cluster = clusterOf({ ...seen(), vms: [vm, ...vms] });
  return admitResize(vm, { operation: 'op1', vm: 'web1', size, atNextStart }, cluster, env);
}
const changed = (...args: Parameters<typeof admitted>): VmRecord => admitted(...args).change as VmRecord;
const refusalOf = ({ reply }: Admission): unknown => (reply.ok ? null : reply.refusal);
const grown = changed(running, { cpus: 2, memoryMiB: 2048 });

describe('a VM that runs', () => {
  test('is counted by its new size before its host is asked, and done when that says so', () => {
    expect(grown).toMatchObject({
      spec: { cpus: 2, memoryMiB: 2048 }, resizing: { cpus: 1, memoryMiB: 1024 }, operation: { kind: 'resize' },
    });
    const { effects } = step(grown, seen());
    expect(effects).toMatchObject([{ kind: 'resize', host: 'h1', generation: 1, operation: 'op1' }]);
    const snapshot = snapshotOf(clusterOf({ ...seen(), vms: [grown] }));
    expect(snapshot.vm('web1')).toMatchObject({ cpus: 2, memoryMiB: 2048 });
    expect(step(grown, told('asked')).effects).toMatchObject([{ kind: 'resize' }]);
    const { state } = step(grown, told('done'));
    expect(state).toMatchObject({ operation: null, spec: { cpus: 2, memoryMiB: 2048 } });
    expect(state.resizing).toBeUndefined();
    const last = state.transitions.at(-1);
    expect(last).toMatchObject({ event: 'vm.resized', data: { cpus: 2, memoryMiB: 2048, disksMiB: 64 } });
    expect(last && operationAfter(null, state, last)).toMatchObject({ id: 'op1', kind: 'resize', state: 'done' });
  });

  test('that could not be given all of it has what its host says that it has, or what it had', () => {
    const { state } = step(grown, told('failed', { cpus: 1, memoryMiB: 2048 }));
    expect(state).toMatchObject({ operation: null, spec: { cpus: 1, memoryMiB: 2048 } });
    expect(state.reason).toBe('not made larger: no module; it has 1 CPU and 2048 MiB');
    expect(step(grown, told('failed')).state).toMatchObject({ spec: { cpus: 1, memoryMiB: 1024 } });
  });

  test('is not given what was said of another growth', () => {
    const other = seen({ operation: 'op0', result: 'done', reason: '' });
    expect(step(grown, other)).toMatchObject({ state: grown, effects: [{ kind: 'resize' }] });
  });

  test.each([
    [{ cpus: 5 }, 'cpus', /at most 4 \(its maxCpus\)/],
    [{ memoryMiB: 512 }, 'memoryMiB', /nothing can be taken/],
    [{ memoryMiB: 1100 }, 'memoryMiB', /blocks of 128 MiB/],
    [{ maxCpus: 8 }, 'maxCpus', /started with/],
  ] as const)('is refused %j, with the remedy', (size, field, message) => {
    const refusal = refusalOf(admitted(running, size));
    expect(refusal).toMatchObject({ code: 'conflict', field, message: expect.stringMatching(message) as string });
    expect(refusal).toMatchObject({ remedy: expect.stringContaining('stop it first') as string });
  });

  test('is refused what its host has no room for, counting others and not itself twice', () => {
    const other = vmRecord({ name: 'db1', uid: 'uid2', spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 1536 }) });
    expect(changed(running, { memoryMiB: 2560 }, { vms: [other] })).toMatchObject({ spec: { memoryMiB: 2560 } });
    expect(refusalOf(admitted(running, { memoryMiB: 2688 }, { vms: [other] }))).toMatchObject({
      code: 'no-capacity', message: 'h1 has 2560 MiB free, 2688 are asked for',
    });
  });

  test('is refused when it is paused, on its way, or has that size', () => {
    for (const patch of [{ pausedGeneration: 1 }, { phase: 'recovering' as const }]) {
      expect(refusalOf(admitted(vmRecord({ spec, ...patch }), { cpus: 2 }))).toMatchObject({ code: 'conflict' });
    }
    expect(refusalOf(admitted(running, { cpus: 1 }))).toMatchObject({ message: 'web1 has that size already' });
  });

  test('that is lost before it has grown starts elsewhere as it was', () => {
    const out = {
      hosts: [hostRecord('h1', { health: 'fenced', epoch: 3, evidence: [evidence('power-off')] }), hostRecord('h2')],
      ...seen(),
    };
    let vm = grown;
    for (let steps = 0; steps < 4 && vm.phase !== 'attaching'; steps += 1) vm = step(vm, out).state;
    expect(vm).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' }, operation: null });
    expect(vm).toMatchObject({ spec: { cpus: 1, memoryMiB: 1024 } });
    expect(vm.resizing).toBeUndefined();
  });

  test('that is stopped meanwhile counts as large until nothing of it is left, and as it was then', () => {
    const stop = { operation: 'op2', vm: 'web1', force: true };
    let vm = step(admitStop(grown, stop, env).change as VmRecord, seen()).state;
    expect(vm).toMatchObject({ phase: 'stopping', spec: { memoryMiB: 2048 } });
    const gone = seen(undefined, 'stopped');
    vm = step(vm, gone).state;
    expect(vm).toMatchObject({ phase: 'detaching', spec: { memoryMiB: 2048 } });
    vm = step({ ...vm, volumes: [] }, gone).state;
    expect(vm).toMatchObject({ phase: 'stopped', spec: { cpus: 1, memoryMiB: 1024 } });
  });

  test('takes on a size that was planned when it has stopped, and its event says so', () => {
    const planned = changed(running, { cpus: 3, maxCpus: null }, { atNextStart: true });
    expect(planned).toMatchObject({ spec: { cpus: 1 }, nextSize: { cpus: 3 }, operation: null });
    expect(planned.transitions.at(-1)).toMatchObject({ event: 'vm.resize-planned', data: { operationState: 'done' } });
    const detaching = { ...planned, phase: 'detaching', desired: 'stopped', volumes: [] } satisfies Partial<VmRecord>;
    const { state } = step(detaching, seen());
    expect(state).toMatchObject({ phase: 'stopped', spec: { cpus: 3, memoryMiB: 1024 } });
    expect(state.spec).not.toHaveProperty('maxCpus');
    expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.stopped', data: { cpus: 3, memoryMiB: 1024 } });
  });
});

describe('a VM that runs nowhere', () => {
  test('takes any size at once', () => {
    const vm = changed(stopped, { cpus: 2, memoryMiB: 100, maxMemoryMiB: null });
    expect(vm).toMatchObject({ spec: { cpus: 2, memoryMiB: 100, maxCpus: 4 }, operation: null });
    expect(vm.spec).not.toHaveProperty('maxMemoryMiB');
    expect(vm.transitions.at(-1)).toMatchObject({ event: 'vm.resized', data: { cpus: 2, operationState: 'done' } });
  });

  test('is refused more than its maximum, and more than any host has', () => {
    expect(refusalOf(admitted(stopped, { maxCpus: 1, cpus: 2 }))).toMatchObject({ code: 'invalid', field: 'maxCpus' });
    expect(refusalOf(admitted(stopped, { memoryMiB: 4097, maxMemoryMiB: null }))).toMatchObject({
      code: 'no-capacity', field: 'memoryMiB', remedy: 'ask for at most 4096 MiB, or add a larger host',
    });
  });
});
