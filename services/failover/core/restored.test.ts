import { accepted, armingOf, type ClusterRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitArm, admitConfirmDead, firstCluster, firstRecord, stepCluster } from './index.js';
import { boot1, boot2, envAt, heartbeat, hostRecord, observed, startMs, Watched } from './testing/hosts.js';

const backup = { incarnation: 'inc0', epoch: 5, bootId: boot2 };
const former = { incarnation: 'inc0', epoch: 8, generations: {} };

function restoredHost(patch: Parameters<typeof hostRecord>[0] = {}): Watched {
  const watched = new Watched(hostRecord({ ...backup, ...patch }));
  watched.observed = observed({ epoch: 0, former });
  watched.nowMs = startMs + 100;
  return watched;
}

function answerFloors(watched: Watched, ...epochs: number[]): void {
  watched.storageNodes.forEach((node, index) => {
    const reply = accepted({ node, hostEpoch: epochs[index] });
    watched.answers.set(`floors/${node}`, { atMs: watched.nowMs, reply });
  });
}

describe('a host by a record that comes from a backup', () => {
  test('goes on above every epoch that storage, its agent and the record know', () => {
    const watched = restoredHost();
    expect(watched.asked()).toEqual(['floors']);
    answerFloors(watched, 6);
    expect(watched.run().state).toMatchObject({ incarnation: 'inc1', health: 'joining', epoch: 9, bootId: boot1 });
    const fenced = restoredHost();
    answerFloors(fenced, 11);
    expect(fenced.run().state.epoch).toBe(12);
    const stale = restoredHost();
    const copies = [{ vm: 'web1', uid: 'u', generation: 4, hostEpoch: 20 }];
    stale.observed = observed({ epoch: 0, staleCopies: copies });
    answerFloors(stale, 0);
    expect(stale.run().state.epoch).toBe(21);
  });

  test('waits for a person, for every storage node, and for its agent in this incarnation', () => {
    const disarmed = restoredHost();
    disarmed.arming = { armed: false, text: '', reconciles: false };
    expect(disarmed.asked()).toEqual([]);
    const two = restoredHost();
    two.storageNodes = ['san1', 'san2'];
    two.answers.set('floors/san1', { atMs: two.nowMs, reply: accepted({ hostEpoch: 1 }) });
    expect(two.run().effects).toMatchObject([{ kind: 'floors', node: 'san2' }]);
    const silent = restoredHost();
    silent.heard = null;
    expect(silent.run()).toMatchObject({ state: { incarnation: 'inc0' }, effects: [] });
    const old = restoredHost();
    old.observed = observed({ incarnation: 'inc0' });
    expect(old.run().effects).toEqual([]);
  });

  test('what was proven of it before proves nothing, and its incident is over', () => {
    const evidence = [{ kind: 'power-off' as const, epoch: 5, atMs: 1, detail: '', voidedAtMs: null }];
    const open = new Watched().after(1000).state.incident;
    const watched = restoredHost({ health: 'fenced', evidence, incident: open });
    answerFloors(watched, 0);
    expect(watched.run().state).toMatchObject({
      evidence: [],
      incident: { id: open?.id, state: 'closed' },
      power: { state: 'unchecked' },
    });
  });

  test('is online only when its agent has accepted the new epoch', () => {
    const watched = restoredHost();
    answerFloors(watched, 0);
    watched.run();
    expect(watched.hear().state.health).toBe('joining');
    watched.observed = observed({ epoch: 9, former });
    expect(watched.hear().state.health).toBe('online');
  });

  test('that is not heard can be confirmed dead, once the cluster is armed', () => {
    const watched = restoredHost();
    watched.heard = null;
    const request = { host: 'h1', confirm: 'h1', reason: 'burnt', by: 'ann' };
    watched.arming = { armed: false, text: '', reconciles: false };
    expect(admitConfirmDead(watched.view(), request).change).toBeNull();
    watched.arming = { armed: true, text: '', reconciles: true };
    const dead = admitConfirmDead(watched.view(), request).change;
    expect(dead).toMatchObject({ incarnation: 'inc1', health: 'fenced', epoch: 6 });
    expect(dead?.evidence).toMatchObject([{ kind: 'confirmed-by-person', epoch: 6 }]);
  });

  test('that comes back after that joins above what storage and its agent know', () => {
    const watched = restoredHost();
    watched.heard = null;
    const request = { host: 'h1', confirm: 'h1', reason: 'burnt', by: 'ann' };
    watched.host = admitConfirmDead(watched.view(), request).change ?? watched.host;
    watched.answer('revoke/', accepted({ attachments: [], epochFloor: 7 }));
    expect(watched.host.epoch).toBe(7);
    watched.nowMs += 10;
    watched.heard = { heartbeat: heartbeat(boot1), atMs: watched.nowMs, rhythm: null };
    expect(watched.run().state, 'its agent remembers epoch 8').toMatchObject({ health: 'joining', epoch: 9 });
  });
});

describe('a host that no record is of', () => {
  test('begins at the first epoch, or as one from a backup if it remembers another incarnation', () => {
    expect(firstRecord(observed(), true, envAt(startMs))).toMatchObject({ incarnation: 'inc1', epoch: 1 });
    expect(firstRecord(observed({ former }), true, envAt(startMs)).incarnation).toBe('inc0');
  });
});

describe('the cluster', () => {
  const old: ClusterRecord = { ...firstCluster(false, envAt(1)), incarnation: 'inc0' };
  const step = (record: ClusterRecord, foreign = 0) => stepCluster(record, () => foreign, envAt(startMs)).state;

  test('is armed from the start, and disarmed when its records come from a backup', () => {
    expect(firstCluster(false, envAt(startMs))).toMatchObject({ armed: true, restoredAtMs: null, reconciled: true });
    const restored = { armed: false, restoredAtMs: startMs, reconciled: false, incarnation: 'inc1' };
    expect(step(old)).toMatchObject(restored);
    expect(firstCluster(true, envAt(startMs)), 'older records without one of the cluster').toMatchObject(restored);
  });

  test('is armed by a person only, and reconciled when no record of before is left', () => {
    const restored = step(old);
    expect(step(restored)).toBe(restored);
    const request = { armed: true, reason: '', by: 'ann', operation: 'op-1' };
    expect(admitArm(old, request, envAt(startMs)).change, 'before the restore was noted').toBeNull();
    const armed = admitArm(restored, request, envAt(startMs)).change as ClusterRecord;
    expect(step(armed, 1)).toBe(armed);
    expect(step(armed)).toMatchObject({ reconciled: true, armed: true });
  });

  test('is taken for disarmed as long as its record is of another incarnation', () => {
    expect(armingOf(old, 'inc1')).toMatchObject({ armed: false, reconciles: false });
    expect(armingOf(null, 'inc1')).toMatchObject({ armed: true, reconciles: false });
    expect(armingOf(firstCluster(false, envAt(1)), 'inc1')).toMatchObject({ armed: true, reconciles: true });
  });
});
