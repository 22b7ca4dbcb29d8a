import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitFence } from './fence-order.js';
import { closingMs } from './sleep.js';
import { admitSleep, admitWake } from './sleep-request.js';
import { boot1, boot2, hostRecord, observed, Watched } from './testing/hosts.js';

const revoked = (attachments: unknown[] = []) => accepted({ attachments });
const off = accepted({ state: 'off' });
const wakeWithinMs = 300_000;

function asked(watched = new Watched()): Watched {
  const { transitionCount: after } = watched.host;
  const { change, reply } = admitSleep(watched.view(), { host: 'h1', after, reason: 'it is idle', wakeWithinMs });
  expect(reply.ok).toBe(true);
  watched.host = change ?? watched.host;
  watched.seenAtMs = watched.nowMs;
  return watched;
}

function hear(watched: Watched, forMs: number): void {
  for (let passedMs = 0; passedMs < forMs; passedMs += 500) {
    watched.nowMs += 499;
    watched.hear();
  }
}

/** Nothing was on it; its agent has accepted the epoch that began with that. */
function switching(): Watched {
  const watched = asked();
  hear(watched, closingMs + 500);
  expect(watched.host).toMatchObject({ health: 'asleep', epoch: 3, sleep: { stage: 'switching-off' } });
  return watched;
}

function slept(): Watched {
  const watched = switching();
  watched.observed = observed({ epoch: 3 });
  watched.answer('revoke/', revoked());
  watched.answer('sleep-off/', off);
  expect(watched.host).toMatchObject({ health: 'asleep', sleep: { stage: 'off' } });
  return watched;
}

describe('a host that is to sleep', () => {
  test('is not touched for a while: nothing but its own record says so', () => {
    const watched = asked();
    hear(watched, closingMs - 500);
    expect(watched.host).toMatchObject({ health: 'online', epoch: 2, sleep: { stage: 'closing' } });
    expect(watched.asked()).toEqual([]);
  });

  test('stays awake when a VM turns up meanwhile, in the records or at its agent', () => {
    const placed = asked();
    placed.held = 'vm1';
    placed.hear();
    expect(placed.host).toMatchObject({ health: 'online', epoch: 2, sleep: null });
    expect(placed.host.reason).toContain('vm1');
    const stale = asked();
    const copy = { vm: 'vm2', uid: 'u', generation: 1, hostEpoch: 1 };
    stale.observed = observed({ staleCopies: [copy] });
    stale.hear();
    expect(stale.host.sleep).toBe(null);
  });

  test('is shut out of all storage before it is switched off, and off only when its agent has let go', () => {
    const watched = switching();
    expect(watched.asked()).toEqual(['revoke']);
    watched.answer('revoke/', revoked());
    expect(watched.asked()).toEqual([]);
    watched.observed = observed({ epoch: 3, bootId: boot2 });
    expect(watched.asked()).toEqual([]);
    watched.observed = observed({ epoch: 3 });
    expect(watched.asked()).toEqual(['power-off']);
    watched.answer('sleep-off/', off);
    expect(watched.host).toMatchObject({ health: 'asleep', epoch: 3, sleep: { stage: 'off' }, incident: null });
    expect(watched.asked()).toEqual([]);
  });

  test('that turns out to hold a volume is not switched off', () => {
    const watched = switching();
    watched.observed = observed({ epoch: 3 });
    watched.answer('revoke/', revoked([{ volume: 'v1', generation: 4 }]));
    expect(watched.host.sleep).toMatchObject({ stage: 'waking' });
    expect(watched.asked()).toEqual(['power-on']);
    watched.hear();
    expect(watched.host).toMatchObject({ health: 'joining', epoch: 4 });
  });

  test.each([
    ['its switch does not answer', refused('unavailable', 'no answer')],
    ['it reads on', accepted({ state: 'unproven', failed: [{ device: 'bmc', detail: 'still on' }] })],
  ])('is wanted back when it cannot be switched off: %s', (_why, reply) => {
    const watched = switching();
    watched.observed = observed({ epoch: 3 });
    watched.answer('revoke/', revoked());
    watched.answer('sleep-off/', reply);
    watched.after(59_000);
    expect(watched.host.sleep?.stage).toBe('switching-off');
    watched.after(2000);
    expect(watched.host.sleep?.stage).toBe('waking');
  });

  test('is not switched off once the cluster is disarmed, whatever was begun', () => {
    const arming = { armed: false, text: 'disarmed by ann: work', reconciles: false };
    const early = asked();
    early.arming = arming;
    early.hear();
    expect(early.host).toMatchObject({ health: 'online', sleep: null });
    const late = switching();
    late.arming = arming;
    late.run();
    expect(late.asked()).toEqual(['power-on']);
  });

  test('is suspected like any other as long as it is not shut out', () => {
    const watched = asked();
    watched.after(1000);
    expect(watched.host).toMatchObject({ health: 'suspect', sleep: null });
  });

  test.each([
    ['was changed since', {}, 'changed since'],
    ['is in maintenance', { admin: 'maintenance' }, 'in maintenance'],
    ['has no switch of its own', { power: { state: 'mismatch', detail: '' } }, 'power switch'],
    ['is not online', { health: 'joining' }, 'joining'],
  ] as const)('is refused when it %s', (_what, patch, text) => {
    const watched = new Watched(hostRecord({ ...patch, transitionCount: 5 }));
    const request = { host: 'h1', after: 'power' in patch || 'admin' in patch || 'health' in patch ? 5 : 4 };
    const { change, reply } = admitSleep(watched.view(), { ...request, reason: 'idle', wakeWithinMs });
    expect(change).toBe(null);
    expect(reply).toMatchObject({ ok: false, refusal: { message: expect.stringContaining(text) as string } });
  });
});

describe('a host that sleeps', () => {
  test('is neither suspected nor fenced, and nobody can order that', () => {
    const watched = slept();
    expect(watched.after(3_600_000).state).toMatchObject({ health: 'asleep', incident: null });
    const request = { host: 'h1', confirm: 'h1', reason: 'why not', by: 'ann' };
    expect(admitFence(watched.view(), request)).toMatchObject({ change: null, reply: { ok: false } });
  });

  test('that is switched on by somebody joins as after a fence', () => {
    const watched = slept();
    watched.after(60_000);
    expect(watched.hear(boot2).state).toMatchObject({ health: 'joining', epoch: 4, bootId: boot2 });
    watched.observed = observed({ epoch: 4, bootId: boot2 });
    expect(watched.hear(boot2).state).toMatchObject({ health: 'online', sleep: null });
    expect(watched.host.flapping ?? null).toBe(null);
  });

  test('heard in the same boot after its switch had said off, has a switch that is not trusted', () => {
    const watched = slept();
    hear(watched, 2000);
    expect(watched.host).toMatchObject({ health: 'joining', epoch: 4, power: { state: 'mismatch' }, bootId: boot1 });
  });

  test('is switched on until it is heard, and is not online by a last word that came late', () => {
    const watched = slept();
    watched.after(60_000);
    watched.host = admitWake(watched.view(), { host: 'h1', reason: 'vm1 needs room' }).change ?? watched.host;
    expect(watched.asked()).toEqual(['power-on']);
    watched.hear(boot1);
    expect(watched.host.health).toBe('joining');
    watched.after(5000);
    expect(watched.host).toMatchObject({ health: 'asleep', sleep: { stage: 'waking' }, power: { state: 'unchecked' } });
    expect(watched.asked()).toEqual(['check-power']);
  });

  test('that does not come back in time is told of once, waited for, and joins when it comes', () => {
    const watched = slept();
    watched.host = admitWake(watched.view(), { host: 'h1', reason: 'vm1 needs room' }).change ?? watched.host;
    watched.after(wakeWithinMs - 1);
    expect(watched.host.sleep?.failedAtMs).toBe(undefined);
    watched.after(2);
    watched.after(1_000_000);
    const told = watched.host.transitions.filter(({ event }) => event === 'host.wake-failed');
    expect(told).toHaveLength(1);
    expect(watched.host.sleep?.failedAtMs).toBeDefined();
    expect(watched.asked()).toEqual(['power-on']);
    expect(watched.hear(boot2).state.health).toBe('joining');
  });

  test('in maintenance is not switched on: somebody may have their hands in it', () => {
    const watched = slept();
    watched.host = admitWake(watched.view(), { host: 'h1', reason: 'vm1 needs room' }).change ?? watched.host;
    watched.host = { ...watched.host, admin: 'maintenance' };
    expect(watched.asked()).toEqual([]);
  });

  test('is woken once: a request that comes late, or twice, changes nothing', () => {
    const watched = slept();
    const { transitionCount } = watched.host;
    const late = admitWake(watched.view(), { host: 'h1', after: transitionCount - 1, reason: 'late' });
    expect(late).toMatchObject({ change: null, reply: { ok: false, refusal: { code: 'stale' } } });
    const now = admitWake(watched.view(), { host: 'h1', after: transitionCount, reason: 'now' });
    watched.host = now.change ?? watched.host;
    const again = admitWake(watched.view(), { host: 'h1', reason: 'again' });
    expect(again).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('goes on where it was with a replica that knows nothing but its record', () => {
    const stored = switching().host;
    const other = new Watched(stored);
    other.observed = observed({ epoch: 3 });
    other.nowMs = stored.changedAtMs + 100;
    expect(other.asked()).toEqual(['revoke']);
    other.answer('revoke/', revoked());
    other.answer('sleep-off/', off);
    expect(other.host.sleep?.stage).toBe('off');
  });
});
