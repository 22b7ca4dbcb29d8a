import { noTransitions, vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { isLeftIsolated, needsPower } from './power-need.js';
import { hostRecord } from './testing/hosts.js';

const lost = { host: 'h1', hostEpoch: 2, generation: 1 };
const fencedHost = hostRecord({ host: 'h1', epoch: 3 });

function vm(proof: 'storage' | 'power' | 'both', patch: Partial<VmRecord> = {}): VmRecord {
  return {
    ...noTransitions('inc1', 0),
    name: 'db1',
    uid: 'uid1',
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { proof } }),
    volumes: [{ volume: 'disk', pool: 'san', node: 'san1', sizeMiB: 64 }],
    desired: 'running',
    generation: 1,
    phase: 'recovering',
    reason: '',
    assignment: lost,
    migration: null,
    leftovers: [],
    force: false,
    reboot: null,
    operation: null,
    incident: null,
    wish: null,
    chosen: null,
    home: null,
    failures: { starts: 0, hosts: [] },
    phaseSinceMs: 0,
    ...patch,
  };
}
const needs = (record: VmRecord, isRevocable = true): boolean => needsPower(record, fencedHost, () => isRevocable);

describe('power is asked for without end', () => {
  test('for a VM that storage cannot speak for, and for one whose policy asks for it', () => {
    expect(needs(vm('storage'))).toBe(false);
    expect(needs(vm('storage'), false)).toBe(true);
    expect(needs(vm('storage', { volumes: [] }))).toBe(true);
    expect(needs(vm('power'))).toBe(true);
    expect(needs(vm('both'))).toBe(true);
  });

  test('for the half of a move that was on its way there, too', () => {
    const migration = { to: lost, stage: 'moving' as const, startedAtMs: 0 };
    expect(needs(vm('power', { assignment: { ...lost, host: 'h2' }, migration }))).toBe(true);
  });

  test('no more once the VM has gone elsewhere, or was started there after the fence', () => {
    expect(needs(vm('power', { assignment: { ...lost, host: 'h2' } }))).toBe(false);
    expect(needs(vm('power', { assignment: { ...lost, hostEpoch: 3 } }))).toBe(false);
    expect(needs(vm('power', { assignment: null }))).toBe(false);
  });
});

describe('an isolated host is left alone', () => {
  const saying = (onIsolation: 'restart' | 'leave', patch: Partial<VmRecord> = {}): VmRecord =>
    vm('storage', { spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { onIsolation } }), ...patch });
  const elsewhere = { assignment: { ...lost, host: 'h2' } };

  test('only if every VM there says so', () => {
    expect(isLeftIsolated([saying('leave'), saying('leave')], 'h1')).toBe(true);
    expect(isLeftIsolated([saying('leave'), saying('restart')], 'h1')).toBe(false);
    expect(isLeftIsolated([saying('leave'), saying('restart', elsewhere)], 'h1')).toBe(true);
  });

  test('not on the word of none', () => {
    expect(isLeftIsolated([], 'h1')).toBe(false);
    expect(isLeftIsolated([saying('leave', elsewhere)], 'h1')).toBe(false);
  });

  test('not while one that is to be restarted is on its way there', () => {
    const migration = { to: lost, stage: 'moving' as const, startedAtMs: 0 };
    expect(isLeftIsolated([saying('leave'), saying('restart', { ...elsewhere, migration })], 'h1')).toBe(false);
  });
});
