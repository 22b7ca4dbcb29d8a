/** In some seeds people drill hosts, whatever else happens. */
import { deriveId, randomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

const drillsAtMost = 4;

export function scheduleDrills(world: World, untilMs: number): void {
  const { seed } = world.options;
  const random = randomStream(`${seed}/drills`);
  if (random.next() >= 0.3) return;
  const names = [...world.hosts.keys()];
  for (let number = 0; number <= random.integer(drillsAtMost); number += 1) {
    const host = names[random.integer(names.length)] as string;
    world.loop.at(25_000 + random.integer(Math.max(1, untilMs - 25_000)), () => drill(world, host));
  }
}

export function drill(world: World, host: string): void {
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, 'drill', host);
  world.checker.note('asked', `drill ${host}`, { host });
  world.send('failover', 'drill-begin', { operation, host, by: 'ann' }, () => undefined);
}
