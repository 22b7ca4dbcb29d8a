/** In some seeds hosts that nobody needs are switched off, whatever else happens, and people wake one now and then. */
import { randomStream } from '@holdfast/kernel';
import type { HostRecord, SettingsChange } from '@holdfast/contracts';
import type { World } from '../world/world.js';

const againMs = 1000;
const wakesAtMost = 4;

export function schedulePowerSaving(world: World, untilMs: number): void {
  const random = randomStream(`${world.options.seed}/power-saving`);
  if (random.next() >= 0.25) return;
  savePower(world, untilMs, { powerIdleSeconds: 5 + random.integer(30), powerSpareHosts: random.integer(2) });
  const names = [...world.hosts.keys()];
  for (let number = random.integer(wakesAtMost); number > 0; number -= 1) {
    const host = names[random.integer(names.length)] as string;
    world.loop.at(30_000 + random.integer(Math.max(1, untilMs - 30_000)), () => {
      world.checker.note('asked', `wake ${host}`, { host });
      world.send('failover', 'host-wake', { host, reason: 'a person asks for it' }, () => undefined);
    });
  }
}

export function savePower(world: World, untilMs: number, change: SettingsChange): void {
  const set = (to: SettingsChange): void => {
    const operation = `policy-${to.policy}-${world.loop.nowMs}`;
    world.send('scheduler', 'settings-set', { operation, change: to }, (reply) => {
      if (!reply.ok) world.loop.after(againMs, () => set(to));
    });
  };
  // Before there are VMs: they are packed from the beginning.
  world.loop.at(5000, () => set({ policy: 'power-saving', powerWakeSeconds: 60, ...change }));
  // So that everything can settle in the end.
  world.loop.at(untilMs, () => set({ policy: 'balanced' }));
}

/** It sleeps, and is expected to wake by itself: nobody switches it on. */
export function sleeps(world: World, host: string): boolean {
  const record = world.bus.bucket<HostRecord>('hosts').value(host);
  const isOfNow = record?.incarnation === world.incarnation && record.health === 'asleep';
  return isOfNow && record.sleep?.failedAtMs === undefined;
}
