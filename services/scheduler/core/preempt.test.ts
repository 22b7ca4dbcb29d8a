import { defaultSettings, vmSpecSchema, type RuleSpec, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { roomFreed } from './holding.js';
import { stepVm, type VmStep } from './index.js';
import { evidence, hostRecord, observed, ruleRecord, viewOf, vmRecord, type Facts } from './testing/records.js';

const on = { ...defaultSettings, preemption: 'on' as const };
const sized = (name: string, priority: number, memoryMiB: number, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({
    name,
    uid: name,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB, policy: { priority } }),
    assignment: { host: 'h2', hostEpoch: 2, generation: 1 },
    ...patch,
  });
const lost = (patch: Partial<VmRecord> = {}, priority = 90): VmRecord =>
  sized('db1', priority, 1500, {
    phase: 'recovering', assignment: { host: 'h1', hostEpoch: 2, generation: 1 }, ...patch,
  });
const low = sized('low', 10, 2000);
const mid = sized('mid', 50, 2000);
const hosts = [
  hostRecord('h1', { health: 'fenced', epoch: 3, evidence: [evidence('storage-revoked')] }),
  hostRecord('h2'),
];
const facts: Partial<Facts> = { hosts, observed: [observed('h1'), observed('h2')], settings: on };
const step = (vm: VmRecord, others: VmRecord[], more: Partial<Facts> = {}): VmStep =>
  stepVm(viewOf(vm, { ...facts, vms: [vm, ...others], ...more }));

describe('a lost VM that no host has room for', () => {
  test('claims the room of those of lowest priority, and of no more of them than it needs', () => {
    const tiny = sized('tiny', 5, 50);
    const { state } = step(lost(), [low, mid, tiny]);
    expect(state).toMatchObject({ phase: 'recovering', claims: ['low'] });
    expect(state.transitions.at(-1)).toMatchObject({
      event: 'vm.preempting', text: 'no host has room; on h2 of lower priority stop for it: low',
    });
    expect(step(state, [low, mid, tiny]).state).toBe(state);
  });

  test('claims nobody unless the settings allow it, nobody of its own priority, and breaks no strict rule', () => {
    const claims = (vm: VmRecord, more: Partial<Facts> = {}): unknown => step(vm, [low, mid], more).state.claims;
    expect(claims(lost())).toEqual(['low']);
    expect(claims(lost(), { settings: defaultSettings })).toBeUndefined();
    expect(claims(lost({}, 10))).toBeUndefined();
    expect(claims(lost({}, 11))).toEqual(['low']);
    const apart: RuleSpec = { kind: 'vm-affinity', vms: ['db1', 'mid'], together: false };
    expect(claims(lost(), { rules: [ruleRecord('r1', apart)] })).toBeUndefined();
  });

  test('claims nobody where there is room, and it is its group that it waits for', () => {
    const mate = sized('mate', 50, 200, { assignment: { host: 'h3', hostEpoch: 2, generation: 1 } });
    const heavy = sized('heavy', 50, 3000, { assignment: { host: 'h3', hostEpoch: 2, generation: 1 } });
    const together: RuleSpec = { kind: 'vm-affinity', vms: ['db1', 'mate', 'low'], together: true };
    const { state } = step(lost(), [sized('low', 10, 100), mate, heavy], {
      hosts: [...hosts, hostRecord('h3')],
      observed: [observed('h1'), observed('h2'), observed('h3')],
      rules: [ruleRecord('r1', together)],
    });
    expect(state.reason).toMatch(/has yet to move/);
    expect(state.claims).toBeUndefined();
  });

  test('takes the host once there is room, and claims nobody any more', () => {
    const { state } = step(lost({ claims: ['low'] }), [mid]);
    expect(state).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' } });
    expect(state.claims).toBeUndefined();
  });
});

describe('a VM whose room is claimed', () => {
  const claimant = lost({ claims: ['low'] });

  test('stops, saying for whom; one that is not claimed goes on, and so does one that is claimed in vain', () => {
    const { state } = step(low, [claimant, mid]);
    expect(state).toMatchObject({ phase: 'stopping', desired: 'running', preemptedBy: 'db1' });
    expect(state.reason).toBe('stopped to make room for db1 (priority 90)');
    expect(step(mid, [claimant, low]).state).toBe(mid);
    expect(step(low, [claimant, mid], { settings: defaultSettings }).state).toBe(low);
    expect(step(low, [{ ...claimant, desired: 'stopped' }, mid]).state).toBe(low);
    expect(step(low, [lost({ claims: ['low'] }, 10), mid]).state).toBe(low);
  });

  test('waits until the other has a host, then for room, and starts again when there is some', () => {
    const waiting = { ...low, phase: 'waiting' as const, assignment: null, preemptedBy: 'db1' };
    expect(step(waiting, [claimant, mid]).state).toBe(waiting);
    const placed = lost({ phase: 'attaching', assignment: { host: 'h2', hostEpoch: 2, generation: 2 } });
    const full = step(waiting, [placed, mid]).state;
    expect(full.reason).toMatch(/^stopped for db1; no host can take it: /);
    const started = step(full, [placed]).state;
    expect(started).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' } });
    expect(started.preemptedBy).toBeUndefined();
  });
});

test('room is freed where a VM leaves a host that is there, and nowhere else', () => {
  const cluster = viewOf(low, facts).cluster;
  const gone = { ...low, assignment: null };
  expect(roomFreed(low, gone, cluster)).toBe(true);
  expect(roomFreed(low, null, cluster)).toBe(true);
  expect(roomFreed(low, { ...low, phase: 'stopping' }, cluster)).toBe(false);
  expect(roomFreed(gone, low, cluster)).toBe(false);
  expect(roomFreed(lost(), null, cluster)).toBe(false);
});
