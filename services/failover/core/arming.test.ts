import { accepted, armingOf, type ClusterRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitArm, stepCluster } from './index.js';
import { envAt, heartbeat, startMs, Watched } from './testing/hosts.js';

const disarming = { armed: false, reason: 'new switch', by: 'ann', operation: 'op-1' };
const arming = { armed: true, reason: '', by: 'bob', operation: 'op-2' };

function disarmed(): ClusterRecord {
  return admitArm(null, disarming, envAt(startMs)).change as ClusterRecord;
}

/** Silent on every path, as far as it is asked. */
function answerAll(watched: Watched): void {
  const { id } = watched.host.incident as { id: string };
  const atMs = watched.nowMs;
  watched.answers.set(`probe/${id}`, { atMs, reply: accepted({ kind: 'silent' }) });
  const silence = { heardAgoMs: null, hearsForMs: 60_000, sessions: 1 };
  watched.answers.set(`view/${id}/san1`, { atMs, reply: accepted(silence) });
}

function silent(watched: Watched): Watched {
  watched.after(1000);
  answerAll(watched);
  watched.run();
  return watched;
}

describe('the word to disarm', () => {
  test('is kept with its reason, its giver and an event', () => {
    const record = disarmed();
    expect(record).toMatchObject({ armed: false, reason: 'new switch', by: 'ann', sinceMs: startMs });
    expect(record.transitions).toMatchObject([{ event: 'cluster.disarmed', operation: 'op-1', number: 1 }]);
    expect(armingOf(record, 'inc1')).toEqual({ armed: false, text: 'disarmed by ann: new switch', reconciles: false });
    expect(stepCluster(record, () => 0, envAt(startMs)).state).toBe(record);
  });

  test('needs a reason, and the word to arm needs none', () => {
    const { change, reply } = admitArm(null, { ...disarming, reason: '  ' }, envAt(startMs));
    expect(change).toBeNull();
    expect(reply).toMatchObject({ ok: false, refusal: { field: 'reason' } });
    const { change: armed } = admitArm(disarmed(), arming, envAt(startMs + 1));
    expect(armed).toMatchObject({ armed: true, transitionCount: 2 });
    expect(armingOf(armed, 'inc1')).toEqual({ armed: true, text: '', reconciles: true });
  });

  test('sent again it changes nothing, and neither does asking for what is so', () => {
    const record = disarmed();
    expect(admitArm(record, disarming, envAt(startMs + 5)).change).toBeNull();
    expect(admitArm(null, arming, envAt(startMs)).change).toBeNull();
    // A repeat that comes after another has armed again does not disarm anew.
    const armed = admitArm(record, arming, envAt(startMs + 6)).change;
    expect(admitArm(armed, disarming, envAt(startMs + 7)).change).toBeNull();
  });
});

describe('in shadow mode', () => {
  const shadowed = (): ClusterRecord =>
    admitArm(null, { ...disarming, shadow: true }, envAt(startMs)).change as ClusterRecord;

  test('the record and its event say so, and arming ends it', () => {
    const record = shadowed();
    expect(record).toMatchObject({ armed: false, shadow: true, reason: 'new switch' });
    const told = { event: 'cluster.shadowed', text: 'in shadow mode by ann: new switch' };
    expect(record.transitions).toMatchObject([told]);
    expect(admitArm(record, { ...disarming, shadow: true, operation: 'op-9' }, envAt(startMs)).change).toBeNull();
    expect(admitArm(record, { ...disarming, operation: 'op-9' }, envAt(startMs)).change?.shadow).toBe(false);
    expect(admitArm(record, arming, envAt(startMs)).change).toMatchObject({ armed: true, shadow: false });
  });

  test('what would be done is written down with the proofs there are, and nobody is asked for any', () => {
    const watched = new Watched();
    watched.arming = armingOf(shadowed(), 'inc1');
    silent(watched);
    expect(watched.host).toMatchObject({ health: 'held', epoch: 2, incident: { verdict: 'dead', proofs: [] } });
    const proofs = 'with proof available: storage-revoked from san1; power-off (silent on every path';
    expect(watched.host.incident?.decisions.at(-1)?.text).toContain(`would have fenced it, ${proofs}`);
    expect(watched.asked()).toEqual(['probe', 'storage-view', 'power-view']);
  });

  test('a proof that could not be had is not named', () => {
    const watched = new Watched();
    watched.arming = armingOf(shadowed(), 'inc1');
    watched.host = { ...watched.host, power: { state: 'mismatch', detail: '' } };
    watched.storageNodes = ['san1', 'san2'];
    watched.after(1000);
    watched.nowMs += 600;
    answerAll(watched);
    watched.run();
    expect(watched.host.reason).toContain('would have fenced it, with no proof available');
  });
});

describe('while disarmed', () => {
  test('a silent host is held, with the reason, and goes on to fencing when armed', () => {
    const watched = new Watched();
    watched.arming = armingOf(disarmed(), 'inc1');
    silent(watched);
    expect(watched.host).toMatchObject({ health: 'held', epoch: 2 });
    expect(watched.host.reason).toContain('disarmed by ann: new switch');
    expect(watched.asked()).toEqual(['probe', 'storage-view', 'power-view']);
    watched.nowMs += 60_000;
    watched.arming = { armed: true, text: '', reconciles: true };
    expect(watched.run().state.health, 'what was answered before is too old').toBe('held');
    answerAll(watched);
    expect(watched.run().state).toMatchObject({ health: 'fencing', epoch: 3 });
  });

  test('a held host that is heard again is online', () => {
    const watched = new Watched();
    watched.arming = armingOf(disarmed(), 'inc1');
    silent(watched);
    expect(watched.hear().state).toMatchObject({ health: 'online', epoch: 2 });
  });

  test('a fence that had begun goes on asking storage, and asks for no power-off', () => {
    const watched = silent(new Watched());
    expect(watched.asked()).toEqual(['revoke', 'power-off']);
    watched.arming = armingOf(disarmed(), 'inc1');
    expect(watched.asked()).toEqual(['revoke']);
    watched.answer('revoke/', accepted({ attachments: [] }));
    expect(watched.host.health).toBe('fenced');
  });

  test('a host in a new boot is proof all the same: nobody is asked for anything', () => {
    const watched = new Watched();
    watched.arming = armingOf(disarmed(), 'inc1');
    const boot = heartbeat('00000000-0000-4000-8000-0000000000b7').bootId;
    expect(watched.hear(boot).state.evidence).toMatchObject([{ kind: 'rebooted' }]);
  });
});
