/** People suspend VMs, and start most of them again after a while. Drawn apart from all else. */
import type { VmRecord } from '@holdfast/contracts';
import { randomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

export function scheduleSuspends(world: World, untilMs: number, ask: World['ask']): void {
  const random = randomStream(`${world.options.seed}/suspends`);
  const count = random.integer(5);
  for (let number = 0; number < count; number += 1) {
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    const afterMs = random.next() < 0.2 ? null : 500 + random.integer(60_000);
    const pick = random.next();
    world.loop.at(atMs, () => {
      const vms = world.bus.bucket<VmRecord>('vms').values();
      const vm = vms[Math.floor(pick * vms.length)]?.name;
      if (vm === undefined) return;
      ask('vm-suspend', { vm });
      if (afterMs !== null) world.loop.at(atMs + afterMs, () => ask('vm-start', { vm, host: null }));
    });
  }
}
