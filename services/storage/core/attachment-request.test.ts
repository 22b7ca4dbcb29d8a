import type { AttachmentRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitAttach, admitDetach, admitRevokeHost } from './index.js';
import { attachment, env, factsOf, holder, volumeRecord } from './testing/records.js';

type Facts = Parameters<typeof factsOf>[0];
const attach = (
  record: AttachmentRecord | null,
  patch: Partial<Parameters<typeof admitAttach>[1]> = {},
  facts: Facts = {},
  volume: ReturnType<typeof volumeRecord> | null = volumeRecord(),
  isCopied = false,
) =>
  admitAttach(
    record,
    {
      volume: 'disk',
      vm: 'web1',
      generation: 2,
      host: 'h2',
      hostEpoch: 2,
      mode: 'single',
      operation: null,
      incident: null,
      ...patch,
    },
    { volume, isCopied, floors: factsOf(facts), portal: { address: '10.1.0.9', port: 3260 } },
    env,
  );
const detach = (
  record: AttachmentRecord | null,
  floor: number,
  only: number | null = null,
  volume: ReturnType<typeof volumeRecord> | null = volumeRecord(),
) => admitDetach(record, { floor, only, operation: null, incident: null }, env, volume);
const revoke = (record: AttachmentRecord, host: string, epochFloor: number) =>
  admitRevokeHost(record, { host, epochFloor, incident: 'i1' }, env);
const phases = ({ change }: { change: AttachmentRecord | null }) =>
  change?.holders.map(({ generation, phase }) => `g${generation} ${phase}`);
const stale = { change: null, reply: { ok: false, refusal: { code: 'stale' } } };

describe('attach', () => {
  test('below a floor it is refused, of the volume or of the host, whatever the record says', () => {
    for (const record of [null, attachment([holder('h1', 1)])]) {
      expect(attach(record, {}, { volumeFloor: 3 })).toMatchObject(stale);
      expect(attach(record, {}, { hostFloors: { h2: 3 } })).toMatchObject(stale);
      expect(attach(record, {}, { volumeFloor: 2, hostFloors: { h2: 2 } }).reply.ok).toBe(true);
    }
  });

  test('a generation is spent once: not for another host, not again, not below the newest', () => {
    const record = attachment([holder('h1', 2)], { newest: 5 });
    expect(attach(record)).toMatchObject(stale);
    expect(attach(attachment([holder('h2', 2, { phase: 'revoking' })]))).toMatchObject(stale);
    expect(attach(attachment([], { newest: 2 }))).toMatchObject(stale);
    expect(attach(record, { generation: 4 })).toMatchObject(stale);
  });

  test('waits while the volume is copied', () => {
    const copied = attach(null, {}, {}, volumeRecord(), true);
    expect(copied).toMatchObject({ change: null, reply: { ok: false, refusal: { code: 'unavailable' } } });
  });

  test('asked for again it is the same holder', () => {
    const record = attachment([holder('h2', 2)]);
    expect(attach(record)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('in mode single every other holder is on its way out at once, with a floor above it', () => {
    const { change } = attach(attachment([holder('h1', 1)]));
    expect(change).toMatchObject({
      mode: 'single',
      newest: 2,
      holders: [{ phase: 'revoking', floors: { generation: 2 } }, { generation: 2, phase: 'opening' }],
    });
  });

  test('two holders only while migrating, and never three', () => {
    const migrating = attach(attachment([holder('h1', 1)]), { mode: 'migrating' });
    expect(phases(migrating)).toEqual(['g1 open', 'g2 opening']);
    expect(migrating.change?.mode).toBe('migrating');
    expect(attach(migrating.change, { mode: 'migrating', generation: 3, host: 'h3' }).reply.ok).toBe(false);
    const recovered = attach(migrating.change, { generation: 3, host: 'h3' });
    expect(phases(recovered)).toEqual(['g1 revoking', 'g2 revoking', 'g3 opening']);
    expect(recovered.change?.mode).toBe('single');
  });

  test('a migration needs one open holder and no revocation in hand', () => {
    for (const holders of [
      [],
      [holder('h1', 1, { phase: 'opening' })],
      [holder('h1', 1, { phase: 'revoking' })],
      [holder('h0', 0, { phase: 'revoking' }), holder('h1', 1)],
    ]) {
      expect(attach(attachment(holders), { mode: 'migrating' }).reply.ok).toBe(false);
    }
  });

  test('a volume that is not ready is not attached', () => {
    expect(attach(null, {}, {}, null).reply.ok).toBe(false);
    expect(attach(null, {}, {}, volumeRecord({ state: 'deleting' })).reply.ok).toBe(false);
  });

  test('holders that cannot be proven gone do not pile up beyond what a record holds', () => {
    const stuck = [1, 2, 3, 4].map((generation) => holder('h1', generation, { phase: 'revoking' }));
    expect(attach(attachment(stuck), { generation: 9 })).toMatchObject({
      change: null,
      reply: { refusal: { code: 'unavailable' } },
    });
  });
});

describe('detach', () => {
  test('every holder below the floor leaves, and what is below it is spent', () => {
    const record = attachment([holder('h1', 1), holder('h2', 4)]);
    const { change } = detach(record, 3);
    expect(change).toMatchObject({
      holders: [{ phase: 'revoking', floors: { generation: 3 } }, { phase: 'open' }],
      newest: 4,
    });
  });

  test('a volume nobody ever attached remembers the floor too: a late attach is refused', () => {
    const { change } = detach(null, 3);
    expect(change).toMatchObject({ holders: [], newest: 2, vm: 'web1' });
    expect(attach(change)).toMatchObject(stale);
    expect(attach(change, { generation: 3 }).reply.ok).toBe(true);
    expect(detach(change, 3).change).toBeNull();
  });

  test('a volume that does not exist has nothing to be detached from', () => {
    expect(detach(null, 3, null, null)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('giving up a migration takes the target alone, spends its number and leaves the source’s floor', () => {
    const both = attachment([holder('h1', 1), holder('h2', 2)], { mode: 'migrating' });
    const { change } = detach(both, 3, 2);
    expect(change).toMatchObject({
      mode: 'single',
      holders: [{ phase: 'open' }, { phase: 'revoking', floors: { generation: null } }],
    });
    const early = detach(attachment([holder('h1', 1)]), 3, 2).change;
    expect(attach(early, { mode: 'migrating' })).toMatchObject(stale);
  });
});

describe('fencing a host', () => {
  test('all it holds in an older epoch leaves, with both floors; nothing of another host', () => {
    const { change } = revoke(attachment([holder('h1', 1)]), 'h1', 3);
    expect(change?.holders).toMatchObject([
      { phase: 'revoking', floors: { generation: 2, hostEpoch: 3 } },
    ]);
    expect(revoke(attachment([holder('h2', 1)]), 'h1', 3).change).toBeNull();
    expect(revoke(attachment([holder('h1', 1, { hostEpoch: 3 })]), 'h1', 3).change).toBeNull();
  });

  test('the target of a migration is fenced without ruling out the source, which goes on', () => {
    const both = attachment([holder('h1', 1), holder('h2', 2)], { mode: 'migrating' });
    const { change } = revoke(both, 'h2', 3);
    expect(change?.holders).toMatchObject([
      { generation: 1, phase: 'open' },
      { generation: 2, phase: 'revoking', floors: { generation: null, hostEpoch: 3 } },
    ]);
    const source = revoke(both, 'h1', 3).change;
    expect(source?.holders).toMatchObject([{ floors: { generation: 2 } }, { phase: 'open' }]);
  });

  test('asked again while it is under way, nothing changes', () => {
    const { change } = revoke(attachment([holder('h1', 1)]), 'h1', 3);
    expect(revoke(change as AttachmentRecord, 'h1', 3)).toMatchObject({ change: null, reply: { ok: true } });
  });
});
