import { vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import { startsAtOnce } from './turn.js';
import {
  attachment,
  evidence,
  holder,
  hostRecord,
  nowMs,
  observed,
  viewOf,
  vmRecord,
  type Facts,
} from './testing/records.js';

const specOf = (policy: object, memoryMiB = 128) => vmSpecSchema.parse({ cpus: 1, memoryMiB, policy });
const vmOf = (name: string, priority: number, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({ name, uid: `${name}-uid`, spec: specOf({ priority }), phase: 'recovering', ...patch });
const lostHost = hostRecord('h1', { health: 'fenced', epoch: 3, evidence: [evidence('storage-revoked')] });
const lost: Partial<Facts> = { hosts: [lostHost, hostRecord('h2')] };
const step = (vm: VmRecord, others: VmRecord[], facts: Partial<Facts> = {}) =>
  stepVm(viewOf(vm, { ...lost, vms: [vm, ...others], ...facts }));
const phaseOf = (...args: Parameters<typeof step>) => step(...args).state.phase;
const onH2 = { host: 'h2', hostEpoch: 2, generation: 2 };

describe('after a host was lost', () => {
  test('the VM of highest priority gets its host at once, the next one stands back and says why', () => {
    const first = vmOf('db1', 90);
    const second = vmOf('web1', 50);
    expect(phaseOf(first, [second])).toBe('attaching');
    const { state } = step(second, [first]);
    expect(state.phase).toBe('recovering');
    expect(state.reason).toBe('waits for VMs of higher priority (db1: 90)');
    expect(step(state, [first])).toMatchObject({ state, wakeAtMs: nowMs + 250 });
  });

  test.each(['attaching', 'starting'] as const)('it stands back while that one is %s', (phase) => {
    expect(phaseOf(vmOf('web1', 50), [vmOf('db1', 90, { phase, assignment: onH2 })])).toBe('recovering');
  });

  test.each([
    ['runs', { phase: 'running', assignment: onH2 }],
    ['is given up', { phase: 'failed', assignment: null }],
    ['has failed to start once', { phase: 'starting', assignment: onH2, failures: { starts: 1, hosts: [] } }],
    ['is not to run', { desired: 'stopped' }],
    ['is never started by itself', { spec: specOf({ priority: 90, restart: 'never' }) }],
    ['waits for another proof', { spec: specOf({ priority: 90, proof: 'power' }) }],
    ['is started by a person', { operation: { id: 'op1', kind: 'start' } }],
  ] satisfies [string, Partial<VmRecord>][])('it goes on once that one %s', (_why, patch) => {
    expect(phaseOf(vmOf('web1', 50), [vmOf('db1', 90, patch)])).toBe('attaching');
  });

  test('one that has not learned yet that its host was lost counts as well', () => {
    expect(phaseOf(vmOf('web1', 50), [vmOf('db1', 90, { phase: 'running' })])).toBe('recovering');
  });

  test('those of the same priority do not wait for each other', () => {
    expect(phaseOf(vmOf('web1', 50), [vmOf('web2', 50), vmOf('web3', 50, { phase: 'starting' })])).toBe('attaching');
  });

  test('one that no host can take keeps nobody back, until a host could take it', () => {
    const without = { transitions: [{ ...told, event: 'vm.unplaceable' }] };
    const large = vmOf('db1', 90, { ...without, spec: specOf({ priority: 90 }, 9000) });
    expect(phaseOf(vmOf('web1', 50), [large])).toBe('attaching');
    expect(phaseOf(vmOf('web1', 50), [vmOf('db1', 90, without)])).toBe('recovering');
  });

  test('it stands back for half a minute at most', () => {
    const queued = (atMs: number) => vmOf('web1', 50, { transitions: [{ ...told, event: 'vm.queued', atMs }] });
    expect(phaseOf(queued(nowMs - 29_999), [vmOf('db1', 90)])).toBe('recovering');
    expect(phaseOf(queued(nowMs - 30_000), [vmOf('db1', 90)])).toBe('attaching');
    expect(phaseOf(queued(nowMs + 30_000), [vmOf('db1', 90)])).toBe('attaching');
  });

  test('what a person asked for stands back for nobody', () => {
    const asked = vmOf('web1', 50, { operation: { id: 'op1', kind: 'start' } });
    expect(phaseOf(asked, [vmOf('db1', 90)])).toBe('attaching');
  });
});

describe('a VM that depends on another', () => {
  const web = (patch: Partial<VmRecord> = {}): VmRecord =>
    vmOf('web1', 50, { spec: specOf({ after: ['db1'] }), ...patch });

  test('stands back until that one runs, and says so', () => {
    const { state } = step(web(), [vmOf('db1', 50)]);
    expect(state).toMatchObject({ phase: 'recovering', reason: 'waits until db1 runs, which it depends on' });
    for (const phase of ['attaching', 'starting', 'waiting', 'provisioning'] as const) {
      expect(phaseOf(web(), [vmOf('db1', 50, { phase, assignment: onH2 })])).toBe('recovering');
    }
    expect(phaseOf(web(), [vmOf('db1', 50, { phase: 'running' })])).toBe('recovering');
    expect(phaseOf(web(), [vmOf('db1', 50, { phase: 'running', assignment: onH2 })])).toBe('attaching');
    expect(phaseOf(web(), [vmOf('db1', 50, { phase: 'migrating', assignment: onH2 })])).toBe('attaching');
  });

  test.each([
    ['is not to run', { desired: 'stopped' }],
    ['was given up', { phase: 'failed' }],
    ['is never started by itself', { spec: specOf({ restart: 'never' }) }],
    ['is gone', { name: 'db2' }],
  ] satisfies [string, Partial<VmRecord>][])('does not wait for one that %s', (_why, patch) => {
    expect(phaseOf(web(), [vmOf('db1', 50, patch)])).toBe('attaching');
  });

  test('waits for a minute at most', () => {
    const queued = (atMs: number) => web({ transitions: [{ ...told, event: 'vm.queued', atMs }] });
    expect(phaseOf(queued(nowMs - 59_999), [vmOf('db1', 50)])).toBe('recovering');
    expect(phaseOf(queued(nowMs - 60_000), [vmOf('db1', 50)])).toBe('attaching');
  });

  test('is not waited for by what it depends on, however much higher its priority', () => {
    const high = web({ spec: specOf({ after: ['db1'], priority: 90 }) });
    expect(phaseOf(vmOf('db1', 10), [high])).toBe('attaching');
    expect(phaseOf(high, [vmOf('db1', 10)])).toBe('recovering');
  });
});

describe('of those that are ready to start on one host', () => {
  const ready = (name: string, priority = 50): VmRecord =>
    vmOf(name, priority, {
      phase: 'attaching',
      assignment: { host: 'h1', hostEpoch: 2, generation: 1 },
      volumes: [{ volume: `${name}-disk`, pool: 'san', node: 'san1', sizeMiB: 64 }],
    });
  const begins = (vm: VmRecord, others: VmRecord[]): boolean => {
    const attachments = [vm, ...others].map(({ name }) => attachment([holder('h1', 1)], { volume: `${name}-disk` }));
    const facts = { hosts: [hostRecord('h1')], observed: [observed('h1')], attachments };
    return phaseOf(vm, others, facts) === 'starting';
  };
  const starting = (name: string, patch: Partial<VmRecord> = {}): VmRecord => ({
    ...ready(name),
    phase: 'starting',
    ...patch,
  });
  const many = (count: number, make: (name: string) => VmRecord): VmRecord[] =>
    Array.from({ length: count }, (_, index) => make(`vm${index}`));

  test('only a few start at once', () => {
    expect(begins(ready('web1'), many(startsAtOnce - 1, starting))).toBe(true);
    expect(begins(ready('web1'), many(startsAtOnce, starting))).toBe(false);
  });

  test('those on another host do not count, nor one that pauses or has been starting for a minute', () => {
    const elsewhere = (name: string) => starting(name, { assignment: onH2 });
    expect(begins(ready('web1'), many(startsAtOnce, elsewhere))).toBe(true);
    const pausing = (name: string) => starting(name, { failures: { starts: 2, hosts: [], notBeforeMs: nowMs + 1 } });
    expect(begins(ready('web1'), many(startsAtOnce, pausing))).toBe(true);
    const stuck = (name: string) => starting(name, { phaseSinceMs: nowMs - 60_000 });
    expect(begins(ready('web1'), many(startsAtOnce, stuck))).toBe(true);
  });

  test('the highest priority goes first, then the name', () => {
    expect(begins(ready('web1'), many(startsAtOnce, (name) => ready(name, 51)))).toBe(false);
    expect(begins(ready('web1'), many(startsAtOnce, (name) => ready(name, 49)))).toBe(true);
    expect(begins(ready('web1'), many(startsAtOnce, (name) => ready(name)))).toBe(false);
    expect(begins(ready('a'), many(startsAtOnce, (name) => ready(name)))).toBe(true);
  });
});

const told = { number: 1, atMs: nowMs, event: '', text: '', data: {}, operation: null, incident: null };
