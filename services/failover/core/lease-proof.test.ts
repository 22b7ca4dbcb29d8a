import { accepted, refused, type Watchdog } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { defaultTiming, leaseTimingRefusal, stepHost } from './index.js';
import { boot1, boot2, heartbeat, hostRecord, observed, Watched } from './testing/hosts.js';

const armed: Watchdog = {
  kind: 'softdog',
  timeoutMs: 10_000,
  armed: true,
  binding: 500,
  leaseMs: 15_000,
  nodes: ['san1'],
  detail: '',
};
const closed = accepted({ node: 'san1', epochFloor: 3, renewedAgoMs: 100 });

function watchedHost(watchdog: Watchdog | null, patch: Parameters<typeof hostRecord>[0] = {}): Watched {
  const watched = new Watched(hostRecord({ power: { state: 'none', detail: '' }, ...patch }));
  watched.observed = observed({ watchdog });
  return watched;
}

function condemned(watchdog: Watchdog | null, patch: Parameters<typeof hostRecord>[0] = {}): Watched {
  const watched = watchedHost(watchdog, patch);
  watched.after(1000);
  watched.after(600);
  watched.answer('probe/', accepted({ kind: 'silent' }));
  expect(watched.host.health).toBe('fencing');
  return watched;
}

const proofsOf = ({ host }: Watched): string[] =>
  (host.incident?.proofs ?? []).filter(({ kind }) => kind === 'lease-expired').map(({ status }) => status);

describe('the proof lease-expired', () => {
  test('is asked of every storage node that may renew the lease, of no host whose watchdog is not bound', () => {
    const asked = condemned({ ...armed, nodes: ['san1', 'san2'] }).asked();
    expect(asked.filter((kind) => kind === 'lease-close')).toHaveLength(2);
    expect(condemned(null).asked()).not.toContain('lease-close');
    expect(condemned({ ...armed, armed: false }).asked()).not.toContain('lease-close');
    expect(condemned({ ...armed, nodes: [] }).asked()).not.toContain('lease-close');
  });

  test('waits out the lease, three times that of the watchdog, and the margin of the clocks', () => {
    const effects = stepHost(condemned(armed).view()).effects.filter(({ kind }) => kind === 'lease-close');
    expect(effects).toMatchObject([{ node: 'san1', epochFloor: 3, waitMs: 15_000 + 30_000 + 2000 }]);
  });

  test('rests on nothing that another boot or incarnation said, nor on a binding that was released', () => {
    const elsewhere = [{ bootId: boot2 }, { incarnation: 'inc0' }];
    for (const patch of elsewhere) {
      const watched = watchedHost(armed);
      watched.observed = observed({ watchdog: armed, ...patch });
      watched.after(1000);
      watched.after(600);
      watched.answer('probe/', accepted({ kind: 'silent' }));
      expect(watched.asked()).not.toContain('lease-close');
    }
    const released = { watchdogReleased: { bootId: boot1, binding: 500 } };
    expect(condemned(armed, released).asked()).not.toContain('lease-close');
    const ofBefore = { watchdogReleased: { bootId: boot2, binding: 500 } };
    expect(condemned(armed, ofBefore).asked()).toContain('lease-close');
  });

  test('fences the host once every storage node has closed the lease and the time has passed', () => {
    const watched = condemned({ ...armed, nodes: ['san1', 'san2'] });
    watched.answer('lease/e3/san2', closed);
    expect(watched.host).toMatchObject({ health: 'fencing', evidence: [] });
    watched.answer('lease/e3/san1', refused('unavailable', 'no answer'));
    expect(watched.host.health).toBe('fencing');
    watched.answer('lease/e3/san1', closed);
    expect(watched.host).toMatchObject({ health: 'fenced', evidence: [{ kind: 'lease-expired', epoch: 3 }] });
    expect(proofsOf(watched)).toEqual(['asked', 'asked', 'obtained', 'failed', 'obtained']);
  });

  test('is voided by a later sign of life of the same boot, and not asked for again', () => {
    const watched = condemned(armed);
    watched.answer('lease/', closed);
    expect(watched.host.health).toBe('fenced');
    watched.nowMs += defaultTiming.voidAfterMs;
    watched.hear();
    expect(watched.host.health).toBe('fencing');
    expect(watched.host.evidence).toMatchObject([{ kind: 'lease-expired', voidedAtMs: expect.any(Number) as number }]);
    expect(watched.asked()).toEqual(['revoke']);
    expect(proofsOf(watched)).toEqual(['asked', 'obtained', 'voided']);
  });

  test('is not voided by a new boot, nor by an agent that has accepted the epoch of the fence', () => {
    const rebooted = condemned(armed);
    rebooted.answer('lease/', closed);
    rebooted.nowMs += 1000;
    rebooted.hear(boot2);
    expect(rebooted.host.evidence.map(({ kind, voidedAtMs }) => [kind, voidedAtMs])).toEqual([
      ['lease-expired', null],
      ['rebooted', null],
    ]);
    const cleaned = condemned(armed);
    cleaned.answer('lease/', closed);
    cleaned.nowMs += 1000;
    cleaned.heard = { heartbeat: { ...heartbeat(), epoch: 3 }, atMs: cleaned.nowMs, rhythm: null };
    cleaned.run();
    expect(cleaned.host.evidence).toMatchObject([{ kind: 'lease-expired', voidedAtMs: null }]);
  });

  test('is not asked for when storage has proven enough', () => {
    const watched = condemned(armed);
    watched.answer('revoke/', accepted({ attachments: [] }));
    expect(watched.asked()).not.toContain('lease-close');
    watched.needsPowerProof = true;
    expect(watched.asked()).toContain('lease-close');
  });

  test('is refused, with the inequality that fails, where the lease could outlive it', () => {
    const watched = condemned({ ...armed, timeoutMs: 600_000 });
    expect(watched.asked()).not.toContain('lease-close');
    const failed = watched.host.incident?.proofs.find(({ kind }) => kind === 'lease-expired');
    expect(failed).toMatchObject({ from: 'watchdog', status: 'failed' });
    expect(failed?.detail).toContain('1 % of (leaseMs 15000 + 3 x watchdogMs 600000) = 18150 > clockMarginMs 2000');
  });
});

describe('a binding', () => {
  test('is released when its agent asks, unless a fence is in hand', () => {
    const watched = watchedHost({ ...armed, armed: false });
    watched.run();
    expect(watched.host.watchdogReleased).toEqual({ bootId: boot1, binding: 500 });
    const fenced = condemned(armed);
    fenced.observed = observed({ watchdog: { ...armed, armed: false } });
    fenced.run();
    expect(fenced.host.watchdogReleased).toBeUndefined();
  });

  test('that was released while its host was on its way back proves nothing once that is silent again', () => {
    const watched = condemned(armed);
    watched.needsPowerProof = true;
    watched.answer('revoke/', accepted({ attachments: [] }));
    watched.nowMs += 100;
    watched.hear();
    expect(watched.host).toMatchObject({ health: 'joining', incident: { lease: { nodes: ['san1'] } } });
    watched.observed = observed({ watchdog: { ...armed, armed: false } });
    watched.run();
    expect(watched.host.watchdogReleased).toEqual({ bootId: boot1, binding: 500 });
    watched.after(defaultTiming.rejoinSilenceMs);
    expect(watched.host.health).toBe('fenced');
    expect(watched.asked()).not.toContain('lease-close');
    watched.answers.set('lease/e3/san1', { atMs: watched.nowMs, reply: closed });
    watched.run();
    expect(watched.host.evidence.map(({ kind }) => kind)).toEqual(['storage-revoked']);
  });

  test('that is bound again by a new number counts again', () => {
    const watched = watchedHost({ ...armed, binding: 501 }, { watchdogReleased: { bootId: boot1, binding: 500 } });
    watched.after(1000);
    watched.after(600);
    watched.answer('probe/', accepted({ kind: 'silent' }));
    expect(watched.asked()).toContain('lease-close');
  });
});

test('times of failover by which any lease would outlive its proof are refused when it starts', () => {
  expect(leaseTimingRefusal(defaultTiming)).toBeNull();
  expect(leaseTimingRefusal({ ...defaultTiming, leaseProofWaitsMs: 20_000 })).toContain('> leaseProofWaitsMs 20000');
  expect(leaseTimingRefusal({ ...defaultTiming, clockMarginMs: 100 })).toContain('> clockMarginMs 100');
});
