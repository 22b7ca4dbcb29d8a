import { accepted, vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import { copy, evidence, hostRecord, observed, viewOf, vmRecord, type Facts } from './testing/records.js';

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
