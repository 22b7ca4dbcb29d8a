import { accepted, isPaused, vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import {
  admitMigrate,
  admitPause,
  admitReboot,
  admitResume,
  admitStop,
  operationAfter,
  planDrain,
  stepVm,
  type Admission,
} from './index.js';
import { clusterOf, copy, env, evidence, hostRecord, nowMs, observed, viewOf, vmRecord } from './testing/records.js';

const request = { operation: 'op1', vm: 'web1' };
const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const seen = (...args: Parameters<typeof copy>) => ({
  observed: [observed('h1', { web1: copy(...args) }), observed('h2')],
});
const held = seen(1, 'paused', { held: true });
const asked = (vm: VmRecord = vmRecord()): VmRecord => admitPause(vm, request, env).change as VmRecord;
const paused = vmRecord({ pausedGeneration: 1 });
const refusalOf = ({ reply }: Admission): unknown => (reply.ok ? null : reply.refusal);

describe('a pause', () => {
  test('is asked of its host until that has it stand still, then its operation is done', () => {
    const vm = asked();
    expect(vm).toMatchObject({ phase: 'running', generation: 1, operation: { kind: 'pause' }, pausedGeneration: 1 });
    expect(step(vm, seen(1, 'running')).effects).toMatchObject([{ kind: 'pause', host: 'h1', generation: 1 }]);
    const { state } = step(vm, held);
    expect(state).toMatchObject({ phase: 'running', operation: null, pausedGeneration: 1 });
    const told = state.transitions.at(-1);
    expect(told).toMatchObject({ event: 'vm.paused', text: 'stands still on h1, as asked' });
    expect(told && operationAfter(null, state, told)).toMatchObject({ id: 'op1', state: 'done' });
  });

  test('is not what an agent does by itself for a disk that fails: that one is asked for as well', () => {
    expect(step(asked(), seen(1, 'paused')).effects).toMatchObject([{ kind: 'pause' }]);
  });

  test('that its host does not carry out is given up, and what comes of it late is undone', () => {
    const { state } = step(asked(), seen(1, 'running'), {}, nowMs + 30_000);
    expect(state).toMatchObject({ operation: null, reason: 'not paused: h1 did not do it within 30 s' });
    expect(isPaused(state)).toBe(false);
    expect(step(state, held).effects).toMatchObject([{ kind: 'resume', generation: 1 }]);
    expect(step(state, seen(1, 'running', { held: true })).effects).toMatchObject([{ kind: 'resume' }]);
    // Carried out later still, when its agent has forgotten that it was asked to.
    expect(step(state, seen(1, 'paused'), {}, nowMs + 29_000).effects).toEqual([]);
    expect(step(state, seen(1, 'paused'), {}, nowMs + 30_000).effects).toMatchObject([{ kind: 'resume' }]);
  });

  test('is refused for a VM that does not run, is being reset, or is paused', () => {
    const of = (vm: VmRecord): unknown => refusalOf(admitPause(vm, request, env));
    expect(of(vmRecord({ phase: 'stopped', assignment: null }))).toMatchObject({ code: 'conflict' });
    expect(of(vmRecord({ reboot: { operation: 'x', force: true } }))).toMatchObject({ remedy: 'try again shortly' });
    expect(of(paused)).toMatchObject({ message: 'web1 is paused, so it cannot be paused' });
  });
});

describe('while it is paused', () => {
  test('it is left alone, whatever is said of its guest and its disks', () => {
    const unhealthy = { state: 'unhealthy', probe: 'agent', reason: 'silent', sinceMs: nowMs } as const;
    const lost = { reason: 'path' as const, volumes: ['disk'], sinceMs: nowMs };
    const facts = seen(1, 'paused', { held: true, guest: unhealthy, storageLost: lost });
    expect(step(paused, facts)).toMatchObject({ state: paused, effects: [] });
    expect(step(vmRecord(), seen(1, 'running', { storageLost: lost })).state.storageLost).toBeDefined();
  });

  test('it does not move, also off a host that is to be empty, where what is stuck is dealt with as chosen', () => {
    const drain = { host: 'h1', state: 'draining' as const };
    expect(step(paused, { ...held, hosts: [hostRecord('h1', { admin: 'maintenance' }), hostRecord('h2')] }).state)
      .toMatchObject({ phase: 'running' });
    const plan = planDrain(clusterOf({ ...held, vms: [paused] }), drain.host);
    expect(plan.ok && plan.value.stuck).toMatchObject([{ vm: 'web1', text: 'it is paused' }]);
  });

  test('what its guest would have to hear is refused, with the remedy', () => {
    const remedy = expect.stringContaining('holdfast vm resume web1') as string;
    const { operation, vm } = request;
    for (const admission of [
      admitStop(paused, { operation, vm, force: false }, env),
      admitReboot(paused, { operation, vm, force: false }, env),
      admitMigrate(paused, { operation, vm, host: 'h2' }, clusterOf({ vms: [paused] }), env),
    ]) {
      expect(refusalOf(admission)).toMatchObject({ code: 'conflict', remedy });
    }
    expect(admitStop(paused, { operation, vm, force: true }, env).change).toMatchObject({ desired: 'stopped' });
  });

  test('one that somebody let go on by hand is paused again', () => {
    expect(step(paused, seen(1, 'running', { held: true })).effects).toMatchObject([{ kind: 'pause' }]);
  });

  test('what is lost with its host starts anew elsewhere, and runs', () => {
    const facts = {
      hosts: [
        hostRecord('h1', { health: 'fenced', epoch: 3, evidence: [evidence('storage-revoked')] }),
        hostRecord('h2'),
      ],
    };
    const recovering = step(paused, facts).state;
    expect(recovering.phase).toBe('recovering');
    const next = step(recovering, facts).state;
    expect(next).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' } });
    expect(isPaused(next)).toBe(false);
  });

  test('a crash starts it anew, running; a pause that was asked for then has failed', () => {
    const { state } = step(asked(), seen(1, 'failed', { reason: 'crashed' }));
    expect(state).toMatchObject({ phase: 'attaching', operation: null });
    expect(isPaused(state)).toBe(false);
    const told = state.transitions.at(-1);
    expect(told && operationAfter(null, state, told)).toMatchObject({ state: 'failed' });
  });

  test('one that is shut down with its host goes on elsewhere, and its pause has failed', () => {
    const { state } = step(asked(), seen(1, 'stopped', { reason: 'host-shutdown' }));
    expect(state).toMatchObject({ phase: 'recovering', operation: null });
  });
});

describe('a resume', () => {
  const resumed = admitResume(paused, request, env).change as VmRecord;

  test('is asked of its host until that has let it go on', () => {
    expect(step(resumed, held).effects).toMatchObject([{ kind: 'resume', host: 'h1', generation: 1 }]);
    const answered = { 'resume/h1/g1': accepted({ state: 'started-work' }) };
    expect(step(resumed, held, answered).state.operation).toMatchObject({ kind: 'resume' });
    const { state } = step(resumed, seen(1, 'running'));
    expect(state).toMatchObject({ operation: null, reason: 'goes on on h1' });
    expect(step(resumed, held, {}, nowMs + 30_000).state).toMatchObject({
      operation: null,
      reason: 'did not go on: h1 did not do it within 30 s',
    });
  });

  test('of one that is not paused is refused; a disk that fails pauses it too, and is no business of a person', () => {
    expect(refusalOf(admitResume(vmRecord(), request, env))).toMatchObject({ code: 'conflict' });
    expect(step(vmRecord(), seen(1, 'paused')).effects).toEqual([]);
  });

  test('one that its agent has forgotten, and nobody wants paused, goes on', () => {
    expect(step(vmRecord(), seen(1, 'arrived')).effects).toMatchObject([{ kind: 'resume', generation: 1 }]);
    expect(step(paused, seen(1, 'arrived')).effects).toMatchObject([{ kind: 'pause', generation: 1 }]);
  });

  test('a wish of a generation that is gone counts for nothing', () => {
    const later = vmRecord({
      generation: 2,
      pausedGeneration: 1,
      assignment: { host: 'h1', hostEpoch: 2, generation: 2 },
      spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 }),
    });
    expect(isPaused(later)).toBe(false);
    expect(step(later, seen(2, 'running')).effects).toEqual([]);
  });
});
