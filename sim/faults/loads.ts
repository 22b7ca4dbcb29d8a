/** In some seeds VMs want more or less from time to time, and the scheduler evens that out by itself. */
import { randomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

const levelMs = 120_000;

/** To be called before anything runs. */
export function scheduleLoads(world: World, untilMs: number): void {
  const { seed } = world.options;
  const random = randomStream(`${seed}/rebalance`);
  if (random.next() >= 0.25) return;
  // One VM in three wants much at a time, for two minutes.
  world.wantedCpus = (vm) => {
    const level = randomStream(`${seed}/load/${vm}/${Math.floor(world.loop.nowMs / levelMs)}`).next();
    return level < 0.67 ? level / 4 : level * 6;
  };
  const holdSeconds = 20 + random.integer(100);
  const set = (rebalance: 'auto' | 'off'): void => {
    const change = { rebalance, rebalanceEverySeconds: 5, rebalanceHoldSeconds: holdSeconds };
    const operation = `rebalance-${rebalance}-${world.loop.nowMs}`;
    world.send('scheduler', 'settings-set', { operation, change }, (reply) => {
      if (!reply.ok) world.loop.after(1000, () => set(rebalance));
    });
  };
  world.loop.at(20_000, () => set('auto'));
  // So that everything can settle in the end.
  world.loop.at(untilMs, () => set('off'));
}
