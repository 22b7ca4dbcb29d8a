import { accepted, refused, type HostRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitConfirmDead, isLate, stepHost } from './index.js';
import { boot1, boot2, heartbeat, hostRecord, observed, Watched } from './testing/hosts.js';

const copy = { uid: 'u1', generation: 1, hostEpoch: 2, reason: '', sinceMs: 0, reboot: null, migration: null };

const revoked = accepted({ attachments: [] });

/** Judged dead; the intent is stored. */
function condemned(nodes = ['san1'], patch: Partial<HostRecord> = {}): Watched {
  const watched = new Watched(hostRecord(patch));
  watched.storageNodes = nodes;
  watched.after(1000);
  watched.after(600);
  watched.answer('probe/', accepted({ kind: 'silent' }));
  expect(watched.host.health).toBe('fencing');
  return watched;
}

describe('fencing', () => {
  test('the intent is stored, with a new epoch, before anybody is asked to do anything', () => {
    const watched = new Watched();
    watched.after(1000);
    watched.after(600);
    const [probe] = stepHost(watched.view()).effects;
    watched.answers.set(probe?.key ?? '', { atMs: watched.nowMs, reply: accepted({ kind: 'silent' }) });
    const step = stepHost(watched.view());
    expect(step).toMatchObject({ state: { health: 'fencing', epoch: 3 }, effects: [] });
    watched.host = step.state;
    expect(watched.asked()).toEqual(['revoke', 'power-off']);
  });

  test('it is fenced by evidence only, and the first sufficient proof wins', () => {
    const watched = condemned();
    expect(watched.after(60_000).state.health).toBe('fencing');
    watched.answer('power-off/', refused('unavailable', 'BMC: timeout'));
    watched.answer('revoke/', refused('unavailable', 'busy'));
    expect(watched.host).toMatchObject({ health: 'fencing', evidence: [] });
    watched.answer('revoke/', revoked);
    expect(watched.host).toMatchObject({ health: 'fenced', evidence: [{ kind: 'storage-revoked', epoch: 3 }] });
  });

  test('the other proof is still collected, and kept with the incident', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    expect(watched.host.evidence.map(({ kind }) => kind)).toEqual(['power-off']);
    watched.answer('revoke/', revoked);
    expect(watched.host.evidence.map(({ kind }) => kind)).toEqual(['power-off', 'storage-revoked']);
    const obtained = watched.host.incident?.proofs.filter(({ status }) => status === 'obtained');
    expect(obtained?.map(({ kind }) => kind)).toEqual(['power-off', 'storage-revoked']);
  });

  test('one of two storage nodes is no proof', () => {
    const watched = condemned(['san1', 'san2'], { power: { state: 'none', detail: '' } });
    watched.answer('revoke/e3/san1', revoked);
    expect(watched.host).toMatchObject({ health: 'fencing', evidence: [] });
    watched.answer('revoke/e3/san2', refused('unavailable', 'unreachable'));
    expect(watched.host.health).toBe('fencing');
    watched.answer('revoke/e3/san2', revoked);
    expect(watched.host.health).toBe('fenced');
  });

  test('without any storage node storage proves nothing', () => {
    const watched = condemned([]);
    expect(watched.asked()).toEqual(['power-off']);
    expect(watched.after(1000).state).toMatchObject({ health: 'fencing', evidence: [] });
  });

  test('a power switch that is unverified, foreign or missing is never asked', () => {
    for (const state of ['none', 'unchecked', 'mismatch'] as const) {
      expect(condemned(['san1'], { power: { state, detail: '' } }).asked()).toEqual(['revoke']);
    }
  });

  test('a new boot during the fence is proof', () => {
    const { state } = condemned().hear(boot2);
    expect(state.evidence).toMatchObject([{ kind: 'rebooted', epoch: 3 }]);
  });

  test('what this replica heard of an earlier boot, before the incident, is not', () => {
    const watched = condemned(['san1'], { bootId: boot2 });
    watched.heard = { heartbeat: heartbeat(boot1), atMs: watched.nowMs - 60_000, rhythm: null };
    expect(watched.run().state).toMatchObject({ health: 'fencing', evidence: [] });
  });
});

describe('a late word', () => {
  test('sent before the newest heartbeat of the same boot is no sign of life', () => {
    const at = (sequence: number, sentAtMs: number, bootId = boot1) => ({ ...heartbeat(bootId), sequence, sentAtMs });
    const newest = at(10, 5000);
    expect(isLate(at(9, 4750), newest)).toBe(true);
    expect(isLate(newest, newest), 'delivered twice').toBe(true);
    expect(isLate(at(11, 5250), newest)).toBe(false);
    expect(isLate(at(0, 6000), newest), 'its agent was started again').toBe(false);
    expect(isLate(at(11, 1000), newest), 'its clock was set back').toBe(false);
    expect(isLate(at(0, 100, boot2), newest), 'another boot').toBe(false);
    expect(isLate(at(0, 0), undefined)).toBe(false);
  });

  const old = heartbeat(boot1);

  test('of a boot that is over neither proves a reboot nor keeps the host from being missed', () => {
    const watched = new Watched(hostRecord({ bootId: boot2, pastBootIds: [boot1] }));
    watched.nowMs += 1000;
    watched.heard = { heartbeat: old, atMs: watched.nowMs, rhythm: null };
    expect(watched.run().state).toMatchObject({ health: 'suspect', epoch: 2, evidence: [] });
  });

  test('the boot before is remembered when the host joins in a new one', () => {
    const watched = condemned();
    watched.answer('revoke/', revoked);
    const { state } = watched.hear(boot2);
    expect(state).toMatchObject({ health: 'joining', bootId: boot2, pastBootIds: [boot1] });
  });
});

describe('a sign of life', () => {
  test('that voided a power-off proof does not keep the next one from counting', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    watched.nowMs += 1000;
    watched.hear();
    expect(watched.host).toMatchObject({ health: 'fencing', evidence: [{ voidedAtMs: watched.nowMs }] });
    watched.host = { ...watched.host, power: { state: 'verified', detail: '' } };
    watched.answer('power-off/', accepted({ state: 'off' }));
    expect(watched.host.health).toBe('fenced');
    expect(watched.host.evidence.filter(({ voidedAtMs }) => voidedAtMs === null)).toHaveLength(1);
  });


  test('in the same boot, after power-off was proven, voids that proof and the switch is not trusted again', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    expect(watched.host.health).toBe('fenced');
    watched.nowMs += 600;
    const { state } = watched.hear();
    expect(state).toMatchObject({ health: 'fencing', power: { state: 'mismatch' } });
    expect(state.evidence[0]?.voidedAtMs).toBe(watched.nowMs);
    expect(watched.asked()).toEqual(['revoke']);
  });

  test('the power proof is not counted again after it was voided', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    watched.nowMs += 600;
    watched.hear();
    expect(watched.after(1000).state.evidence).toHaveLength(1);
  });

  test('a last word that was on its way neither voids the proof nor brings the host back', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    watched.answer('revoke/', revoked);
    const { state } = watched.hear();
    expect(state).toMatchObject({ health: 'fenced', epoch: 3 });
    expect(state.evidence.every(({ voidedAtMs }) => voidedAtMs === null)).toBe(true);
  });

  test('voiding one proof leaves the host fenced by the other', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    watched.answer('revoke/', revoked);
    watched.nowMs += 600;
    const { state } = watched.hear();
    expect(state.evidence.map(({ voidedAtMs }) => voidedAtMs === null)).toEqual([false, true]);
    expect(state).toMatchObject({ health: 'joining', epoch: 4, power: { state: 'unchecked' } });
  });
});

describe('coming back', () => {
  test('in a new boot it does not contradict the power-off of the boot before, also when it goes silent again', () => {
    const watched = condemned();
    watched.answer('power-off/', accepted({ state: 'off' }));
    watched.answer('revoke/', revoked);
    watched.nowMs += 5000;
    expect(watched.hear(boot2).state.health).toBe('joining');
    expect(watched.after(5000).state.health).toBe('fenced');
    watched.nowMs += 5000;
    const { state } = watched.hear(boot2);
    expect(state).toMatchObject({ health: 'joining', power: { state: 'unchecked' } });
    expect(state.evidence.map(({ kind, voidedAtMs }) => [kind, voidedAtMs])).toEqual([
      ['power-off', null],
      ['storage-revoked', null],
      ['rebooted', null],
    ]);
  });

  test('a late BMC is not asked to switch off what storage has cut off, unless a VM needs power as proof', () => {
    const watched = condemned();
    watched.answer('revoke/', revoked);
    expect(watched.asked()).toEqual(['power-off']);
    watched.after(60_000);
    expect(watched.asked()).toEqual([]);
    watched.needsPowerProof = true;
    expect(watched.asked()).toEqual(['power-off']);
  });

  test('it joins only when every node has raised its floor, with one more epoch', () => {
    const watched = condemned(['san1', 'san2']);
    watched.answer('power-off/', accepted({ state: 'off' }));
    watched.answer('revoke/e3/san1', revoked);
    expect(watched.hear(boot2).state.health).toBe('fenced');
    watched.answer('revoke/e3/san2', revoked);
    expect(watched.hear(boot2).state).toMatchObject({ health: 'joining', epoch: 4, bootId: boot2 });
  });

  test('the incident ends when it is cleaned up and online; its evidence stays', () => {
    const watched = condemned();
    watched.answer('revoke/', revoked);
    watched.hear(boot2);
    expect(watched.host.health).toBe('joining');
    watched.observed = observed({ bootId: boot2, epoch: 4 });
    const { state } = watched.hear(boot2);
    expect(state).toMatchObject({ health: 'online', incident: { state: 'closed' } });
    expect(state.evidence.length).toBeGreaterThan(0);
  });

  test('a host that said it goes down, with nothing left running, is not switched off while it may come up', () => {
    const watched = condemned();
    watched.observed = observed({ leaving: true });
    watched.answer('revoke/', revoked);
    expect(watched.asked()).toEqual([]);
    watched.needsPowerProof = true;
    expect(watched.asked()).toEqual(['power-off']);
  });

  test.each([
    ['still runs a copy', { vms: { db1: { ...copy, state: 'running' as const } } }],
    ['said so in another boot', { bootId: boot2 }],
  ])('a host that said it goes down and %s is switched off', (_why, patch) => {
    const watched = condemned();
    watched.observed = observed({ leaving: true, ...patch });
    watched.answer('revoke/', revoked);
    expect(watched.asked()).toEqual(['power-off']);
  });

  test('a host that is on its way back is not switched off under its feet', () => {
    const watched = condemned(['san1', 'san2']);
    watched.answer('revoke/e3/san1', revoked);
    expect(watched.asked()).toEqual(['revoke', 'power-off']);
    watched.hear();
    watched.answer('revoke/e3/san2', revoked);
    expect(watched.asked()).not.toContain('power-off');
  });
});

describe('a person’s word', () => {
  const confirm = (watched: Watched, patch: object = {}) =>
    admitConfirmDead(watched.view(), { host: 'h1', confirm: 'h1', reason: 'it burns', by: 'anna', ...patch });

  test('is proof of its own, for a host that nothing else proves', () => {
    const { change } = confirm(condemned([], { power: { state: 'none', detail: '' } }));
    expect(change).toMatchObject({
      health: 'fenced',
      epoch: 3,
      evidence: [{ kind: 'confirmed-by-person', epoch: 3 }],
      incident: { epoch: 3 },
    });
  });

  test('ends a brake, with a new epoch', () => {
    const watched = new Watched();
    watched.after(1000);
    expect(confirm(watched).change).toMatchObject({ health: 'fenced', epoch: 3, evidence: [{ epoch: 3 }] });
  });

  test('is refused for a host that is heard, or whose name was not repeated', () => {
    expect(confirm(new Watched()).reply.ok).toBe(false);
    expect(confirm(condemned(), { confirm: 'h2' }).reply).toMatchObject({ refusal: { field: 'confirm' } });
    const back = condemned();
    back.hear();
    expect(confirm(back).reply).toMatchObject({ refusal: { code: 'conflict' } });
  });
});
