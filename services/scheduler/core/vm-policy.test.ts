import { accepted, vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import {
  copy,
  evidence,
  hostRecord,
  nowMs,
  observed,
  ruleRecord,
  viewOf,
  vmRecord,
  type Facts,
} from './testing/records.js';

const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const withPolicy = (policy: object, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({ spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy }), ...patch });
const out = (...list: ReturnType<typeof evidence>[]): Partial<Facts> => ({
  hosts: [hostRecord('h1', { health: 'fenced', epoch: 3, evidence: list }), hostRecord('h2')],
});
const proven = out(evidence('storage-revoked'));
const lost = { phase: 'recovering' } as const;

describe('restart never', () => {
  const never = { restart: 'never' };

  test('a VM that was lost with its host waits for proof, then is given up with the reason', () => {
    expect(step(withPolicy(never, lost), out()).state.phase).toBe('recovering');
    const { state } = step(withPolicy(never, lost), proven);
    expect(state).toMatchObject({ phase: 'failed', desired: 'stopped' });
    expect(state.reason).toContain('restart never');
    expect(step(withPolicy({}, lost), proven).state.phase).toBe('attaching');
  });

  test('one that was on the move is given up only when both copies are proven', () => {
    const migration = { to: { host: 'h2', hostEpoch: 2, generation: 2 }, stage: 'moving' as const, startedAtMs: 0 };
    const moving = withPolicy(never, { ...lost, generation: 2, migration });
    expect(step(moving, proven)).toMatchObject({ state: { phase: 'recovering' }, effects: [{ kind: 'stop' }] });
    const dropped = { 'stop/h2/below-g3/force': accepted({ state: 'already-done' }) };
    expect(step(moving, proven, dropped).state).toMatchObject({ phase: 'failed', migration: null });
  });

  test('what is left of it is shut out before it rests', () => {
    const { state } = step(withPolicy(never, lost), proven);
    expect(step(state, proven).effects).toMatchObject([{ kind: 'detach', floor: 2 }]);
  });

  test('a crash is the end of it, and of what was asked of it', () => {
    const facts = { observed: [observed('h1', { web1: copy(1, 'failed', { reason: 'crashed' }) }), observed('h2')] };
    const reboot = { reboot: { operation: 'op1', force: false }, operation: { id: 'op1', kind: 'reboot' as const } };
    const { state } = step(withPolicy(never, reboot), facts);
    expect(state).toMatchObject({ phase: 'failed', desired: 'stopped', reboot: null, operation: null });
    expect(state.reason).toContain('stopped by itself on h1: crashed');
    expect(step(withPolicy({}), facts).state.phase).toBe('attaching');
  });

  test('a start that somebody asked for goes on elsewhere', () => {
    const asked = withPolicy(never, { ...lost, operation: { id: 'op1', kind: 'start' } });
    expect(step(asked, proven).state).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' } });
  });
});

test('a VM that crashes where a strict rule has come to forbid it starts anew where it may be', () => {
  const facts = { observed: [observed('h1', { web1: copy(1, 'failed', { reason: 'crashed' }) }), observed('h2')] };
  const onlyOn = (host: string, strict = true): Partial<Facts> => ({
    ...facts,
    rules: [ruleRecord('r1', { kind: 'host-affinity', vms: ['web1'], hosts: { [host]: 1 }, strict })],
  });
  expect(step(withPolicy({}), onlyOn('h1')).state).toMatchObject({ phase: 'attaching', assignment: { host: 'h1' } });
  expect(step(withPolicy({}), onlyOn('h2', false)).state).toMatchObject({ phase: 'attaching' });
  const { state } = step(withPolicy({}), onlyOn('h2'));
  expect(state).toMatchObject({ phase: 'waiting', assignment: null, failures: { starts: 1, hosts: [] } });
  expect(step(state, onlyOn('h2')).state.assignment?.host).toBe('h2');
});

test('a VM whose group must leave the host where another member runs starts once that one has moved', () => {
  const group = [ruleRecord('r1', { kind: 'vm-affinity', vms: ['web1', 'web2'], together: true })];
  const only = [...group, ruleRecord('r2', { kind: 'host-affinity', vms: ['web1'], hosts: { h2: 1 }, strict: true })];
  const waiting = withPolicy({}, { phase: 'waiting', assignment: null });
  const mate = vmRecord({ name: 'web2', uid: 'web2', assignment: { host: 'h1', hostEpoch: 2, generation: 1 } });
  const seen = { vms: [waiting, mate], rules: only };
  expect(step(waiting, seen).state).toMatchObject({ phase: 'waiting', assignment: null });
  expect(step(waiting, seen).state.reason).toContain('web2 must run on the same host, and has yet to move to h2');
  expect(step(waiting, { ...seen, rules: group }).state.assignment?.host).toBe('h1');
  const there = { ...mate, assignment: { host: 'h2', hostEpoch: 2, generation: 2 } };
  expect(step(waiting, { ...seen, vms: [waiting, there] }).state.assignment?.host).toBe('h2');
});

describe('a crash loop', () => {
  const often = { maxRestart: 9, maxRelocate: 0 };
  const crashed = (generation: number): Partial<Facts> => ({
    observed: [observed('h1', { web1: copy(generation, 'failed', { reason: 'crashed' }) }), observed('h2')],
  });
  const crash = (vm: VmRecord): VmRecord => {
    const { generation } = vm;
    return step({ ...vm, phase: 'running' }, crashed(generation)).state;
  };
  const pausesOf = (crashes: number): number[] => {
    const pauses: number[] = [];
    let vm = withPolicy(often);
    for (let count = 0; count < crashes; count += 1) {
      vm = crash(vm);
      pauses.push((vm.failures.notBeforeMs ?? 0) - nowMs);
    }
    return pauses;
  };

  test('is answered at once, then after a pause that doubles up to a minute', () => {
    expect(pausesOf(9)).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test('says how long it pauses, and sends no start before', () => {
    const vm = crash(crash(withPolicy(often)));
    expect(vm.reason).toBe('stopped by itself on h1: crashed; again in 1 s');
    const starting: VmRecord = { ...vm, phase: 'starting' };
    expect(step(starting)).toMatchObject({ effects: [], wakeAtMs: nowMs + 1000 });
    expect(step(starting, {}, {}, nowMs + 1000).effects).toMatchObject([{ kind: 'start' }]);
  });

  test('is not waited for when the clock was set back in the meantime', () => {
    const failures = { starts: 2, hosts: [], inARow: 2, notBeforeMs: nowMs + 3_600_000 };
    expect(step(withPolicy(often, { phase: 'starting', failures })).effects).toMatchObject([{ kind: 'start' }]);
  });

  test('ends in failed, with the reason, and not before it was started as often as its policy says', () => {
    let vm = withPolicy(often);
    for (let count = 0; count < 9; count += 1) vm = crash(vm);
    expect(vm.phase).toBe('attaching');
    vm = crash(vm);
    expect(vm).toMatchObject({ phase: 'failed', reason: 'given up after failed starts on h1: crashed' });
  });

  test('goes on elsewhere without a pause', () => {
    const failures = { starts: 1, hosts: [], inARow: 5, notBeforeMs: nowMs };
    const vm = crash(withPolicy({ maxRestart: 1, maxRelocate: 1 }, { failures }));
    expect(vm).toMatchObject({ phase: 'waiting', failures: { starts: 0, hosts: ['h1'], inARow: 6 } });
    expect(vm.failures.notBeforeMs).toBeUndefined();
  });

  test('is forgotten once it has run for as long as its policy says', () => {
    const vm = withPolicy({ restartWindowSeconds: 600 }, { failures: { starts: 1, hosts: [], inARow: 1 } });
    const runs = { observed: [observed('h1', { web1: copy(1, 'running') }), observed('h2')] };
    expect(step(vm, runs, {}, nowMs + 599_999).state.failures.starts).toBe(1);
    expect(step(vm, runs, {}, nowMs + 600_000).state.failures).toEqual({ starts: 0, hosts: [] });
  });
});
