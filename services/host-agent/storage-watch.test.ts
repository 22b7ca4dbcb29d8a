import { poolSchema } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import type { CopyStorage, Domain, Portal } from './ports.js';
import { StorageWatch } from './storage-watch.js';
import { HandClock } from './testing/hand-clock.js';

const identity = { vm: 'db1', uid: 'uid1', generation: 2, hostEpoch: 1, incarnation: 'inc1' };
const running: Domain = { identity, state: 'running', incoming: null };

/** What is said after a minute of a copy with these disks, whose hypervisor holds these connections. */
async function saidOf(disks: readonly Portal[], connections: readonly Portal[] | null): Promise<string | undefined> {
  const clock = new HandClock();
  const targets = disks.map((portal, index) => ({
    volume: `db1-${index}`, portal, iqn: `iqn.2026-01.io.holdfast:${index}`, initiatorName: 'iqn.2026-01.io.example:h1',
  }));
  const storage: CopyStorage = {
    answers: () => Promise.resolve(true),
    targets: () => Promise.resolve(targets),
    isOpen: () => Promise.resolve(true),
    connections: () => Promise.resolve(connections && [...connections]),
  };
  const pool = poolSchema.parse({
    pool: 'fast', node: 'san1', portal: disks[0], capacityBytes: 1, freeBytes: 1, revocable: true, heartbeatPort: 1,
    startedAtMs: 1,
  });
  const log = { info() {}, warn() {}, error() {}, debug() {} };
  const watch = new StorageWatch({
    clock, log, storage, pools: () => [pool], resume: () => Promise.resolve(), changed() {},
  });
  watch.saw([running]);
  watch.start();
  await clock.pass(60_000);
  watch.stop();
  return watch.lossOf('db1', 2)?.reason;
}

const portal: Portal = { address: '192.0.2.5', port: 3260 };
const other: Portal = { address: '192.0.2.6', port: 3260 };

test('a copy whose hypervisor holds a connection for each disk is well', async () => {
  expect(await saidOf([portal, portal, other], [portal, other, portal])).toBeUndefined();
});

test('one that holds too few is said to have given up', async () => {
  expect(await saidOf([portal, portal], [portal, other])).toBe('session');
  expect(await saidOf([portal], [])).toBe('session');
});

test('nothing is said where connections are not known, or cannot be found by the address of the portal', async () => {
  expect(await saidOf([portal], null)).toBeUndefined();
  expect(await saidOf([{ address: '2001:db8::5', port: 3260 }], [])).toBeUndefined();
  expect(await saidOf([{ address: 'san1.example', port: 3260 }], [])).toBeUndefined();
});
