/** In some seeds people work on hosts, whatever else happens: each is emptied, and put back to work after a while. */
import { deriveId, randomStream } from '@holdfast/kernel';
import { stuckChoices, type DrainRecord } from '@holdfast/contracts';
import type { World } from '../world/world.js';

const worksAtMost = 4;
const againMs = 2000;

export function scheduleHostWork(world: World, untilMs: number): void {
  const { seed } = world.options;
  const random = randomStream(`${seed}/host-work`);
  if (random.next() >= 0.25) return;
  const names = [...world.hosts.keys()];
  const choices = Object.keys(stuckChoices);
  for (let number = 0; number <= random.integer(worksAtMost); number += 1) {
    const host = names[random.integer(names.length)] as string;
    const stuck = choices[random.integer(choices.length)];
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    world.loop.at(atMs, () => maintain(world, { host, on: true, reason: 'a new fan', stuck }));
    world.loop.at(atMs + 5000 + random.integer(90_000), () => maintain(world, { host, on: false, reason: '' }));
  }
  // So that everything can settle in the end, whatever was lost on the way, or restored.
  const activateAll = (): void => {
    for (const host of names) {
      const state = world.bus.bucket<DrainRecord>('drains').value(host)?.state;
      if (state === 'draining' || state === 'drained') maintain(world, { host, on: false, reason: '' });
    }
    world.loop.after(againMs, activateAll);
  };
  world.loop.at(untilMs, activateAll);
}

interface Asked {
  host: string;
  on: boolean;
  reason: string;
  stuck?: string | undefined;
}

function maintain(world: World, request: Asked): void {
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, 'host-work', request.host);
  world.checker.note('asked', `maintenance of ${request.host} ${request.on ? 'on' : 'off'}`, { host: request.host });
  world.send('scheduler', 'host-maintenance', { operation, ...request }, () => undefined);
}
