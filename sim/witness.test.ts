import { expect, test } from 'vitest';
import { runWorld, worldOf } from './run/run-seed.js';
import { World } from './world/world.js';

const mostSeeds = 60;
const sizes = { hosts: 4, vms: 12, minutes: 4 };

/** How often it happens in the first seeds that show it at all. */
function witnessed(what: string, faults: string[]): number {
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const world = new World(worldOf(seed, { ...sizes, faults }));
    const { violations } = runWorld(world, { ...sizes, faults });
    expect(violations).toEqual([]);
    const times = world.checker.witnesses[what] ?? 0;
    if (times > 0) return times;
  }
  return 0;
}

test.each([
  ['target deleted under I/O in flight', ['storage-stuck-io', 'host-network', 'bmc-dead']],
  ['target deleted under a login half-way in', ['login-frozen', 'host-network', 'bmc-dead']],
  ['target found half made', ['storage-crash']],
  ['answer of a migration lost', ['migration-answer-lost']],
  ['guest seen unhealthy', ['guest-trouble']],
  ['guest seen panicked', ['guest-trouble']],
])('what the cores are to withstand does happen: %s', { timeout: 120_000 }, (what, faults) => {
  expect(witnessed(what, faults)).toBeGreaterThan(0);
});
