import type { VmRecord } from '@holdfast/contracts';
import { expect, it } from 'vitest';
import { VmsByUid } from './vms-by-uid.js';

const record = (name: string, rename?: VmRecord['rename'], phase = 'renaming') =>
  ({ name, uid: 'u1', phase, ...(rename && { rename }) }) as VmRecord;
const old = record('web1', { is: 'old', other: 'www' });
const coming = record('www', { is: 'new', other: 'web1' });
const taken = record('www', { is: 'new', other: 'web1', isTaken: true });

it.each([
  ['one record', [record('web1', undefined, 'stopped')], 'web1'],
  ['a new one that may still go again', [old, coming], 'web1'],
  ['a new one that came too late, and is seen first', [coming, record('web1', undefined, 'stopped')], 'web1'],
  ['a new one that stays', [old, coming, taken], 'www'],
  ['a new one that stays, and is seen first', [taken, old], 'www'],
  ['an old one that has left', [old, taken, record('web1', { is: 'old', other: 'www' }, 'deleted')], 'www'],
  ['a new one that is all that is seen yet', [coming], 'www'],
  ['none any more', [record('web1', undefined, 'deleted')], null],
])('of %s a VM has the name under which it goes on', (_what, records, expected) => {
  const byUid = new VmsByUid();
  const seen = new Map<string, VmRecord>();
  for (const each of records) {
    byUid.note(each.name, each, seen.get(each.name) ?? null);
    seen.set(each.name, each);
  }
  expect(byUid.nameOf('u1')).toBe(expected);
});

it('a name that another VM has by now is no name of the one before', () => {
  const byUid = new VmsByUid();
  byUid.note('web1', old, null);
  byUid.note('web1', { ...old, uid: 'u2' }, old);
  expect([byUid.nameOf('u1'), byUid.nameOf('u2')]).toEqual([null, 'web1']);
  byUid.note('web1', null, { ...old, uid: 'u2' });
  expect([byUid.nameOf('u2'), byUid.hasTwo('u2')]).toEqual([null, false]);
});
