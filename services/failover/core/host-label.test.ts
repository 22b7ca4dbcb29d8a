import { describe, expect, test } from 'vitest';
import { admitHostLabel } from './index.js';
import { envAt, hostRecord, startMs } from './testing/hosts.js';

const env = envAt(startMs);
const labelled = hostRecord({ labels: { rack: 'r1', power: 'p1' } });
const ask = (patch: { set?: Record<string, string>; remove?: string[] }): ReturnType<typeof admitHostLabel> =>
  admitHostLabel(labelled, { host: 'h1', set: {}, remove: [], by: 'ann', ...patch }, env);

describe('labels of a host', () => {
  test('are set, replaced and taken away, and the event says which there are', () => {
    const { change, reply } = ask({ set: { rack: 'r2', switch: 's1' }, remove: ['power'] });
    expect(reply).toMatchObject({ ok: true, value: { labels: { rack: 'r2', switch: 's1' } } });
    expect(change?.labels).toEqual({ rack: 'r2', switch: 's1' });
    expect(change?.transitions.at(-1)).toMatchObject({
      event: 'host.labelled',
      text: 'labelled by ann: rack=r2, switch=s1',
    });
  });

  test('stay when they are only tried, or were changed by somebody else meanwhile', () => {
    const set = { set: { rack: 'r2' }, remove: [] };
    const request = { host: 'h1', by: 'ann', ...set };
    const tried = admitHostLabel(labelled, { ...request, dryRun: true }, env);
    expect(tried).toMatchObject({ change: null, reply: { value: { would: 'labelled by ann: power=p1, rack=r2' } } });
    const late = admitHostLabel(labelled, { ...request, ifVersion: 'another.1' }, env);
    expect(late).toMatchObject({ change: null, reply: { refusal: { code: 'stale', field: 'ifVersion' } } });
    const ifVersion = `${labelled.uuid}.${labelled.transitionCount}`;
    expect(admitHostLabel(labelled, { ...request, ifVersion }, env).change?.labels).toMatchObject({ rack: 'r2' });
  });

  test('stay as they are when nothing changes', () => {
    expect(ask({ set: { rack: 'r1' }, remove: ['unknown'] })).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('cannot be set and taken away at once', () => {
    const refusal = { code: 'invalid', field: 'remove' };
    expect(ask({ set: { rack: 'r2' }, remove: ['rack'] })).toMatchObject({ change: null, reply: { refusal } });
  });

  test('are at most sixteen', () => {
    const many = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'x']));
    expect(ask({ set: many(14) }).change).not.toBeNull();
    expect(ask({ set: many(15) })).toMatchObject({ change: null, reply: { refusal: { field: 'set' } } });
  });
});
