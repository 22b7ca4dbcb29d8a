import { expect, test, vi } from 'vitest';
import { systemClock } from '@holdfast/runtime';
import type { HostRecord } from '@holdfast/contracts';
import { WatchdogError, type WatchdogDevice } from './adapters/linux-watchdog.js';
import { defaultIsolationTiming, noContact, withAck, withSent } from './core/index.js';
import { HostWatchdog } from './watchdog.js';

const bootId = 'bd4e3f9e-6a0f-4d39-9f0b-6c1f2f5a7e11';

class FakeDevice implements WatchdogDevice {
  readonly path = '/dev/watchdog0';
  readonly kind = 'softdog' as const;
  readonly identity = 'Software Watchdog';
  readonly calls: string[] = [];
  isForEver = false;
  isBroken = false;
  constructor(readonly timeoutMs = 60_000) {}
  pet(): void {
    if (this.isBroken) throw new WatchdogError('/dev/watchdog0: EBUSY');
    this.calls.push('pet');
  }
  stop(): void {
    this.calls.push('stop');
  }
  leave(): void {
    this.calls.push('leave');
  }
}

function watchdogOver(device: FakeDevice) {
  const facts = { nowMs: 1000, released: null as number | null, isEmpty: true, sequence: 0, follows: true };
  let contact = noContact;
  const changed = vi.fn(() => {
    // Failover releases what asks for it.
    const told = watchdog.told();
    if (facts.follows && !told.armed) facts.released = told.binding;
  });
  const watchdog: HostWatchdog = new HostWatchdog({
    device,
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined },
    bootId,
    timing: defaultIsolationTiming,
    contact: () => contact,
    nodes: () => ['san1', 'san1'],
    record: () =>
      ({ watchdogReleased: facts.released === null ? undefined : { bootId, binding: facts.released } }) as HostRecord,
    isArmed: () => true,
    isEmpty: () => facts.isEmpty,
    changed,
    monotonicMs: () => (facts.nowMs += 1),
    sinceBootMs: () => facts.nowMs,
  });
  const beat = (): void => {
    facts.nowMs += 250;
    facts.sequence += 1;
    contact = withSent(contact, facts.sequence, facts.nowMs, 1);
    contact = withAck(contact, { node: 'san1', sequence: facts.sequence, epochFloor: 1 }) ?? contact;
    watchdog.look();
  };
  changed();
  return { watchdog, facts, beat, changed };
}

test('it is petted once it is bound, and says so', () => {
  const device = new FakeDevice();
  const { watchdog, beat, changed } = watchdogOver(device);
  beat();
  expect(device.calls).toEqual(['pet']);
  expect(watchdog.told()).toMatchObject({ armed: true, nodes: ['san1'], timeoutMs: 60_000 });
  expect(changed).toHaveBeenCalledTimes(2);
});

test('a first pet that was held up binds nothing: no pet before it limits how late it is', () => {
  const device = new FakeDevice();
  const { watchdog, beat, facts } = watchdogOver(device);
  vi.spyOn(device, 'pet').mockImplementationOnce(() => void (facts.nowMs += 600_000));
  beat();
  expect(watchdog.told()).toMatchObject({ armed: false });
  for (let beats = 0; beats < 5; beats += 1) beat();
  expect(device.calls).toEqual(['pet']);
  expect(watchdog.told()).toMatchObject({ armed: true });
});

test('a device that cannot be written is not armed, and says which', () => {
  const device = new FakeDevice();
  device.isBroken = true;
  const { watchdog, beat } = watchdogOver(device);
  beat();
  expect(watchdog.told()).toMatchObject({ armed: false, detail: '/dev/watchdog0 cannot be written' });
});

test('an agent that ends stops it once that is released, if no VM runs', async () => {
  const device = new FakeDevice();
  const { watchdog, beat } = watchdogOver(device);
  beat();
  await watchdog.end();
  expect(device.calls.at(-1)).toBe('stop');
});

test('with a VM running, or not released, or not to be stopped, it is left to run on', async () => {
  for (const given of ['live', 'unreleased', 'for ever'] as const) {
    const device = new FakeDevice();
    const { watchdog, beat, facts } = watchdogOver(device);
    beat();
    if (given === 'live') facts.isEmpty = false;
    if (given === 'unreleased') {
      facts.follows = false;
      vi.spyOn(systemClock, 'after').mockImplementation((_, callback) => {
        facts.nowMs += 500;
        queueMicrotask(callback);
        return () => undefined;
      });
    }
    device.isForEver = given === 'for ever';
    await watchdog.end();
    vi.restoreAllMocks();
    expect(device.calls.at(-1)).toBe('leave');
  }
});

test('one whose time does not fit is refused with the inequality that fails', () => {
  expect(() => watchdogOver(new FakeDevice(600_000))).toThrow(
    'the watchdog /dev/watchdog0 (Software Watchdog) does not fit: 1 % of (leaseMs 15000 + 3 x watchdogMs 600000)',
  );
});
