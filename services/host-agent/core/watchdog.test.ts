import { hostLeaseMs } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { noContact, withAck, withSent, type Contact } from './contact.js';
import { defaultIsolationTiming } from './isolation.js';
import { firstWatchdog, mayClose, stepWatchdog, toldOf, type WatchdogState } from './watchdog.js';

const device = { kind: 'softdog' as const, timeoutMs: 10_000 };
const timing = { leaseMs: 15_000, isolatedAfterMs: 3000, pettingIntervalMs: 1000 };

/** A host whose agent beats every 250 ms. */
class Host {
  nowMs = 1000;
  contact: Contact = noContact;
  nodes = ['san1'];
  isArmed = true;
  isEnding = false;
  released: number | null = null;
  floor = 1;
  isStorageThere = true;
  pets: number[] = [];
  private sequence = 0;

  constructor(public state: WatchdogState = firstWatchdog(1000)) {}

  beat(): void {
    this.nowMs += 250;
    this.sequence += 1;
    this.contact = withSent(this.contact, this.sequence, this.nowMs, 1);
    if (this.isStorageThere) {
      for (const node of this.nodes) {
        const ack = { node, sequence: this.sequence, epochFloor: this.floor };
        this.contact = withAck(this.contact, ack) ?? this.contact;
      }
    }
    const { state, pets } = stepWatchdog(this.state, { ...this, sinceBootMs: this.nowMs }, device, timing);
    this.state = state;
    if (pets) this.pets.push(this.nowMs);
  }

  beatFor(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) this.beat();
  }

  get told(): ReturnType<typeof toldOf> {
    return toldOf(this.state, device, timing.leaseMs);
  }

  /** Failover has seen what it says and released it. */
  release(): void {
    this.released = this.told.binding;
  }
}

function boundHost(): Host {
  const host = new Host();
  host.beat();
  host.release();
  host.beat();
  return host;
}

test('the lease that others count with is the one that an agent goes by', () => {
  expect(defaultIsolationTiming.leaseMs).toBe(hostLeaseMs);
});

describe("a host's watchdog", () => {
  test('is not started before what an agent before this one was bound to is released', () => {
    const host = new Host();
    host.beatFor(5000);
    expect(host.told).toMatchObject({ armed: false, binding: 1000 });
    expect(host.pets).toEqual([]);
    host.release();
    host.beat();
    expect(host.told).toMatchObject({ armed: true, nodes: ['san1'], leaseMs: 15_000, timeoutMs: 10_000 });
    expect(host.told.binding).toBeGreaterThan(1000);
  });

  test('is petted about once a second while storage renews the lease', () => {
    const host = boundHost();
    host.beatFor(10_000);
    expect(host.pets.length).toBeGreaterThanOrEqual(10);
    expect(host.pets.length).toBeLessThanOrEqual(12);
  });

  test('is petted for the last time before the lease is over, whatever the bus does', () => {
    const host = boundHost();
    const lastRenewedMs = host.nowMs;
    host.isStorageThere = false;
    host.beatFor(60_000);
    const lastMs = host.pets.at(-1) ?? 0;
    expect(lastMs).toBeLessThan(lastRenewedMs + timing.leaseMs);
    expect(lastMs).toBeGreaterThan(lastRenewedMs + timing.leaseMs - 1500);
  });

  test('an acknowledgement that says it is revoked renews nothing', () => {
    const host = boundHost();
    const lastRenewedMs = host.nowMs;
    host.floor = 2;
    host.beatFor(60_000);
    expect(host.pets.at(-1) ?? 0).toBeLessThan(lastRenewedMs + timing.leaseMs);
  });

  test('asks to be released when storage is silent, and is petted on once failover has done so', () => {
    const host = boundHost();
    host.isStorageThere = false;
    host.beatFor(4000);
    expect(host.told.armed).toBe(false);
    host.release();
    host.beatFor(60_000);
    expect(host.pets.at(-1) ?? 0).toBeGreaterThan(host.nowMs - 1500);
  });

  test('is bound by a new number when storage is back, so that the release of before counts no more', () => {
    const host = boundHost();
    const { binding } = host.told;
    host.isStorageThere = false;
    host.beatFor(4000);
    host.release();
    host.beatFor(4000);
    host.isStorageThere = true;
    host.beatFor(500);
    expect(host.told.armed).toBe(true);
    expect(host.told.binding).toBeGreaterThan(binding);
    const lastRenewedMs = host.nowMs;
    host.isStorageThere = false;
    host.beatFor(60_000);
    expect(host.pets.at(-1) ?? 0).toBeLessThan(lastRenewedMs + timing.leaseMs);
  });

  test('is bound as before when storage is back before anybody has released it', () => {
    const host = boundHost();
    const { binding } = host.told;
    host.isStorageThere = false;
    host.beatFor(4000);
    host.isStorageThere = true;
    host.beatFor(500);
    expect(host.told).toMatchObject({ armed: true, binding });
  });

  test('a storage node that its binding does not name renews nothing until that is released', () => {
    const host = boundHost();
    host.beat();
    const lastRenewedMs = host.nowMs;
    host.nodes = ['san2'];
    host.beatFor(17_000);
    expect(host.told.armed).toBe(false);
    expect(host.pets.at(-1) ?? 0).toBeLessThan(lastRenewedMs + timing.leaseMs);
    host.release();
    host.beat();
    expect(host.told).toMatchObject({ armed: true, nodes: ['san2'] });
  });

  test('asks to be released while the cluster is disarmed, and when its agent ends; then it may be stopped', () => {
    for (const change of ['disarmed', 'ending'] as const) {
      const host = boundHost();
      host.isArmed = change !== 'disarmed';
      host.isEnding = change === 'ending';
      host.beat();
      expect(host.told.armed).toBe(false);
      expect(mayClose(host.state)).toBe(false);
      host.release();
      host.beat();
      expect(mayClose(host.state)).toBe(true);
    }
  });

  test('one that lets more than its time pass does not work, and is not armed any more', () => {
    const host = boundHost();
    host.nowMs += 60_000;
    host.beatFor(1000);
    expect(host.told).toMatchObject({ armed: false });
    expect(host.told.detail).toContain('has not reset the host');
  });
});
