import { describe, expect, test } from 'vitest';
import { accepted, type VmRecord } from '@holdfast/contracts';
import {
  admitCreate,
  admitDelete,
  admitMigrate,
  admitReboot,
  admitStart,
  admitStop,
  once,
  type Admission,
} from './index.js';
import { clusterOf, env, vmRecord } from './testing/records.js';

const request = { operation: 'op1', vm: 'web1' };
const create = (patch: Partial<Parameters<typeof admitCreate>[1]> = {}, existing: VmRecord | null = null) =>
  admitCreate(
    existing,
    { ...request, spec: vmRecord().spec, start: true, host: null, ...patch },
    clusterOf(),
    env,
  );

describe('requests', () => {
  test('the same creation twice makes one VM, another one under its name is refused', () => {
    const made = create().change;
    expect(made).toMatchObject({ phase: 'provisioning', generation: 0, operation: { id: 'op1' } });
    expect(create({}, made)).toMatchObject({ change: null, reply: { ok: true } });
    expect(create({ operation: 'op2' }, made)).toMatchObject({
      change: null,
      reply: { ok: false, refusal: { code: 'exists', field: 'name' } },
    });
  });

  test('what no host could ever give is refused, naming the field', () => {
    const large = { ...vmRecord().spec, memoryMiB: 9999 };
    expect(create({ spec: large }).reply).toMatchObject({ refusal: { field: 'memoryMiB' } });
    const wide = { ...vmRecord().spec, cpus: 99 };
    expect(create({ spec: wide }).reply).toMatchObject({ refusal: { field: 'cpus' } });
    expect(create({ host: 'h9' }).reply).toMatchObject({ refusal: { field: 'host' } });
  });

  test('a request carried out before is answered again and changes nothing', () => {
    const stopping = admitStop(vmRecord(), { ...request, force: false }, env).change;
    expect(stopping?.operation).toEqual({ id: 'op1', kind: 'stop' });
    const done = { ...stopping, operation: null } as VmRecord;
    expect(admitStop(done, { ...request, force: false }, env)).toMatchObject({
      change: null,
      reply: { ok: true },
    });
  });

  test('one operation at a time, but a stop and a delete overrule what is in hand', () => {
    const busy = vmRecord({ operation: { id: 'op0', kind: 'migrate' } });
    expect(admitReboot(busy, { ...request, force: false }, env).reply).toMatchObject({
      refusal: { code: 'conflict', message: expect.stringContaining('migrate is in progress') },
    });
    const stopped = admitStop(busy, { ...request, force: false }, env).change;
    expect(stopped?.transitions.map(({ event, operation }) => [event, operation])).toEqual([
      ['vm.overruled', 'op0'],
      ['vm.stop-requested', 'op1'],
    ]);
    expect(admitDelete(busy, request, env).change).toMatchObject({ desired: 'deleted', force: true });
  });

  test('a stop that cancels an operation is done while that is in progress, and only then', () => {
    const cancel = { ...request, force: true, overrules: 'op0' };
    const starting = vmRecord({ phase: 'starting', operation: { id: 'op0', kind: 'start' } });
    const { change } = admitStop(starting, cancel, env);
    expect(change).toMatchObject({ desired: 'stopped', force: true, operation: { id: 'op1', kind: 'stop' } });
    expect(change?.transitions.at(-2)).toMatchObject({ operation: 'op0', data: { operationState: 'failed' } });
    for (const operation of [null, { id: 'op7', kind: 'migrate' as const }]) {
      const late = admitStop(vmRecord({ phase: 'running', operation }), cancel, env);
      expect(late).toMatchObject({ change: null, reply: { ok: false, refusal: { code: 'conflict' } } });
    }
  });

  test('a request that arrives again long afterwards changes nothing', () => {
    const restarted = vmRecord({ phase: 'running', transitions: [] });
    const stop = (): Admission => admitStop(restarted, { ...request, force: false }, env);
    expect(once(request, () => false, stop).change).toMatchObject({ desired: 'stopped' });
    const again = once(request, (id) => id === request.operation, stop);
    expect(again).toEqual({ change: null, reply: accepted({ operation: request.operation, vm: request.vm }) });
  });

  test('nothing is asked of a VM that is being deleted', () => {
    const leaving = vmRecord({ desired: 'deleted', phase: 'deleting' });
    expect(admitStart(leaving, { ...request, host: null }, clusterOf(), env).reply.ok).toBe(false);
    expect(admitDelete(leaving, request, env)).toMatchObject({ change: null, reply: { ok: true } });
    expect(admitDelete(vmRecord({ phase: 'deleted' }), request, env).reply.ok).toBe(false);
  });

  test('only a running VM reboots or migrates, only one at rest starts, only one that is up stops', () => {
    const stopped = vmRecord({ phase: 'stopped', desired: 'stopped', assignment: null });
    expect(admitReboot(stopped, { ...request, force: false }, env).reply.ok).toBe(false);
    expect(admitMigrate(stopped, { ...request, host: null }, clusterOf(), env).reply.ok).toBe(false);
    expect(admitStop(stopped, { ...request, force: false }, env).reply.ok).toBe(false);
    expect(admitStart(vmRecord(), { ...request, host: null }, clusterOf(), env).reply.ok).toBe(false);
    expect(admitStart(stopped, { ...request, host: 'h2' }, clusterOf(), env).change).toMatchObject({
      desired: 'running',
      wish: 'h2',
    });
    expect(admitMigrate(vmRecord(), { ...request, host: 'h1' }, clusterOf(), env).reply).toMatchObject({
      refusal: { field: 'host' },
    });
  });

  test('a given-up VM starts again only when nothing of it is left anywhere', () => {
    const failed = vmRecord({ phase: 'failed', failures: { starts: 1, hosts: ['h1'] } });
    expect(admitStart(failed, { ...request, host: null }, clusterOf(), env).reply.ok).toBe(false);
    const clean = { ...failed, assignment: null };
    expect(admitStart(clean, { ...request, host: null }, clusterOf(), env).change).toMatchObject({
      phase: 'stopped',
      failures: { starts: 0, hosts: [] },
    });
  });
});
