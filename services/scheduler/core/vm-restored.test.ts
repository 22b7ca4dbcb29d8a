import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import {
  attachment,
  copy,
  evidence,
  holder,
  hostRecord,
  observed,
  viewOf,
  vmRecord,
  volumeRecord,
  type Facts,
} from './testing/records.js';

const foreign = { incarnation: 'inc0' };
const vm = (patch: Parameters<typeof vmRecord>[0] = {}) => vmRecord({ ...foreign, generation: 3, ...patch });
const taken: Partial<Facts> = { attachments: [attachment([], { newest: 7 })] };
const step = (record: ReturnType<typeof vm>, facts: Partial<Facts> = taken) => stepVm(viewOf(record, facts)).state;
const diskless = { volumes: [] };

describe('a VM by a record that comes from a backup', () => {
  test('waits for a person, and until storage has taken up its volumes', () => {
    const record = vm();
    const disarmed = { armed: false, text: 'disarmed', reconciles: false };
    expect(step(record, { ...taken, arming: disarmed })).toBe(record);
    expect(step(record, { attachments: [attachment([holder('h1', 3)], foreign)] })).toBe(record);
    expect(step(record, { ...taken, volumes: [volumeRecord(foreign)] })).toBe(record);
  });

  test('goes on above every number that storage and the agents remember, and is started anew', () => {
    const started = step(vm());
    expect(started).toMatchObject({ incarnation: 'inc1', phase: 'waiting', generation: 8, assignment: null });
    const former = { incarnation: 'inc0', epoch: 1, generations: { uid1: 9 } };
    expect(step(vm(), { ...taken, observed: [{ ...observed('h1'), former }] }).generation).toBe(10);
    const staleCopies = [{ vm: 'web1', uid: 'uid1', generation: 11, hostEpoch: 2 }];
    expect(step(vm(), { ...taken, observed: [{ ...observed('h1'), staleCopies }] }).generation).toBe(12);
  });

  test('tells storage its name first, if the backup knows its volumes by another', () => {
    const volumes = [volumeRecord({ vm: 'www', namedAt: 9 })];
    const { state, effects } = stepVm(viewOf(vm(), { ...taken, volumes }));
    expect(state.incarnation).toBe('inc0');
    expect(effects).toMatchObject([{ kind: 'name-volume', volume: 'disk', generation: 10 }]);
    expect(step(vm(), { ...taken, volumes: [volumeRecord({ namedAt: 10 })] }).generation).toBe(11);
    expect(step(vm({ phase: 'renaming', desired: 'stopped' }), { ...taken, volumes }).phase).toBe('renaming');
  });

  test('is stopped, deleted or given up again if that is what its record says', () => {
    expect(step(vm({ desired: 'stopped', phase: 'stopped' })).phase).toBe('detaching');
    expect(step(vm({ desired: 'deleted', phase: 'deleting' })).phase).toBe('detaching');
    expect(step(vm({ desired: 'stopped', phase: 'failed' })).phase).toBe('failed');
    expect(step(vm({ phase: 'provisioning' })).phase).toBe('provisioning');
  });

  test('that is to be deleted is taken up though the backup lacks its volumes; any other waits for them', () => {
    const lost = { attachments: [], volumes: [] };
    const running = vm();
    expect(step(running, lost)).toBe(running);
    expect(step(vm({ desired: 'deleted' }), lost).phase).toBe('detaching');
  });

  test('loses what was asked of its copy, and keeps what was asked of it', () => {
    const moving = step(vm({ operation: { id: 'op-1', kind: 'migrate' } }));
    expect(moving.operation).toBeNull();
    expect(moving.transitions.at(-1)).toMatchObject({ operation: 'op-1', data: { operationState: 'failed' } });
    const start = { id: 'op-2', kind: 'start' as const };
    expect(step(vm({ operation: start })).operation).toEqual(start);
  });
});

describe('a VM that storage cannot speak for', () => {
  test('is not taken up while a watch that lags does not show the host that its own record names', () => {
    const record = vm(diskless);
    expect(step(record, { hosts: [], observed: [] })).toBe(record);
    expect(step(record, { hosts: [hostRecord('h2')], observed: [observed('h2')] })).toBe(record);
    expect(step(record, {}).incarnation).toBe('inc1');
  });

  test('waits until every host has cleaned up or is proven out by more than storage', () => {
    const record = vm(diskless);
    const h1 = (patch: Parameters<typeof hostRecord>[1]) => [hostRecord('h1', patch), hostRecord('h2')];
    const cleaned = { observed: [observed('h1', { web1: copy(3, 'stopped') }), observed('h2')] };
    expect(step(record, cleaned).phase).toBe('waiting');
    expect(step(record, { ...cleaned, hosts: h1(foreign) }), 'nothing is known of h1').toBe(record);
    const silent = { observed: [{ ...observed('h1'), epoch: 0 }, observed('h2')] };
    expect(step(record, silent), 'h1 has accepted nothing').toBe(record);
    const old = { observed: [{ ...observed('h1'), incarnation: 'inc0' }, observed('h2')] };
    expect(step(record, old), 'its agent is of before').toBe(record);
    const revoked = h1({ evidence: [evidence('storage-revoked')] });
    expect(step(record, { ...silent, hosts: revoked })).toBe(record);
    const off = h1({ evidence: [evidence('power-off')] });
    expect(step(record, { ...silent, hosts: off }).phase).toBe('waiting');
    const voided = h1({ evidence: [evidence('power-off', { voidedAtMs: 1 })] });
    expect(step(record, { ...silent, hosts: voided })).toBe(record);
  });
});
