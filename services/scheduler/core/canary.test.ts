import type { VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitCanaryCreate, admitCanaryDelete, admitCanaryEvict, stepVm, type VmStep } from './index.js';
import {
  attachment,
  clusterOf,
  copy,
  env,
  holder,
  nowMs,
  observed,
  pool,
  viewOf,
  vmRecord,
} from './testing/records.js';

const request = { operation: 'op1', vm: 'web1' };
const canary = vmRecord({ canary: true });
const evicted = { host: 'h1', generation: 1, atMs: nowMs, shutOutAtMs: null };
const operation = { id: 'op1', kind: 'evict' } as const;
const recovering = vmRecord({ canary: true, phase: 'recovering', evicted, operation });
const seen = [observed('h1', { web1: copy(1, 'running') }), observed('h2')];
const open = { observed: seen, attachments: [attachment([holder('h1', 1)])] };
const shut = { observed: seen, attachments: [attachment([], { newest: 1 })] };

const step = (vm: VmRecord, facts: Parameters<typeof viewOf>[1]): VmStep => stepVm(viewOf(vm, facts));

describe('a canary', () => {
  test('is made on the host that is drilled, small and without a network', () => {
    const { change } = admitCanaryCreate(null, { ...request, host: 'h2' }, clusterOf(), env);
    expect(change).toMatchObject({ canary: true, desired: 'running', wish: 'h2', spec: { network: null } });
  });

  test('is the only VM that is evicted, or deleted by a drill', () => {
    const refusal = { code: 'forbidden', field: 'vm' };
    for (const vm of [vmRecord(), vmRecord({ phase: 'stopped', assignment: null })]) {
      expect(admitCanaryEvict(vm, request, clusterOf(), env)).toMatchObject({ change: null, reply: { refusal } });
      expect(admitCanaryDelete(vm, request, env)).toMatchObject({ change: null, reply: { refusal } });
    }
    expect(admitCanaryEvict(canary, request, clusterOf(), env).change).toMatchObject({ evicted, operation });
    expect(admitCanaryDelete(canary, request, env).change).toMatchObject({ desired: 'deleted' });
  });

  test('is evicted only while it runs, and only where storage can speak for it', () => {
    const starting = vmRecord({ canary: true, phase: 'starting' });
    const unrevocable = clusterOf({ pools: [{ ...pool, revocable: false }] });
    for (const [vm, cluster] of [[starting, clusterOf()], [canary, unrevocable]] as const) {
      const reply = { ok: false, refusal: { code: 'conflict' } };
      expect(admitCanaryEvict(vm, request, cluster, env)).toMatchObject({ change: null, reply });
    }
  });
});

describe('an eviction', () => {
  test('takes the copy for lost although its host is well', () => {
    const { state } = step(vmRecord({ canary: true, evicted, operation }), open);
    expect(state).toMatchObject({ phase: 'recovering', assignment: { host: 'h1', generation: 1 } });
  });

  test('starts nothing elsewhere before storage has shut the old copy out', () => {
    const { state, effects } = step(recovering, open);
    expect(state).toBe(recovering);
    expect(effects).toMatchObject([{ kind: 'detach', volume: 'disk', floor: 2, only: null }]);
  });

  test('goes on elsewhere with storage\'s proof, and orders the old copy gone', () => {
    const out = step(recovering, shut).state;
    expect(out).toMatchObject({ phase: 'recovering', evicted: { shutOutAtMs: nowMs }, leftovers: [{ host: 'h1' }] });
    const placed = step(out, shut).state;
    expect(placed).toMatchObject({ phase: 'attaching', generation: 2, assignment: { host: 'h2', generation: 2 } });
    const { effects } = step(placed, shut);
    expect(effects).toMatchObject([{ kind: 'attach', host: 'h2' }, { kind: 'stop', host: 'h1', generation: 2 }]);
  });

  test('never chooses the host that it was evicted from', () => {
    const out = step(recovering, shut).state;
    const { state } = step(out, { ...shut, hosts: clusterOf().hosts().slice(0, 1) });
    expect(state).toMatchObject({ phase: 'recovering', operation: null });
    expect(state.reason).toContain('h1 is the one it is evicted from');
  });

  test('says nothing of a later copy', () => {
    const assignment = { host: 'h2', hostEpoch: 2, generation: 3 };
    const later = { ...recovering, generation: 3, assignment, evicted: { ...evicted, shutOutAtMs: nowMs } };
    const seenThere = [observed('h1'), observed('h2', { web1: copy(3, 'running') })];
    const { state, effects } = step(later, { observed: seenThere });
    expect({ phase: state.phase, effects }).toEqual({ phase: 'recovering', effects: [] });
  });

  test('that nobody wants any more ends in an orderly stop of the old copy', () => {
    const unwanted = { ...recovering, desired: 'deleted' as const };
    const stopping = step(unwanted, open).state;
    expect(stopping).toMatchObject({ phase: 'stopping', generation: 2 });
    const { effects } = step(stopping, open);
    expect(effects).toMatchObject([{ kind: 'stop', host: 'h1', generation: 2 }]);
  });
});
