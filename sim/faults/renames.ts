/** In some seeds people rename VMs: they stop one, name it anew, and go on with it. Drawn apart from all else. */
import type { VmRecord } from '@holdfast/contracts';
import { randomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

const share = 0.25;
/** They try until it is there. */
const triesAfterMs = [1500, 8000, 40_000, 90_000];

export function scheduleRenames(world: World, untilMs: number, ask: World['ask']): void {
  const random = randomStream(`${world.options.seed}/renames`);
  if (random.next() >= share) return;
  const count = 1 + random.integer(3);
  for (let number = 0; number < count; number += 1) {
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    const [pick, isBack, ends] = [random.next(), random.next() < 0.3, random.next()];
    const stopsForMs = 300 + random.integer(6000);
    const to = `named${number}`;
    const after = (ms: number, act: () => void): void => void world.loop.at(atMs + stopsForMs + ms, act);
    world.loop.at(atMs, () => {
      const vms = world.bus.bucket<VmRecord>('vms').values();
      const vm = vms[Math.floor(pick * vms.length)]?.name;
      if (vm === undefined) return;
      ask('vm-stop', { vm, force: true });
      after(0, () => ask('vm-rename', { vm, to }));
      for (const ms of triesAfterMs) {
        // The name may be back before anybody has used the other one, or somebody deletes it under either.
        if (isBack) after(ms / 2, () => ask('vm-rename', { vm: to, to: vm }));
        after(ms, () => ask(ends < 0.2 ? 'vm-delete' : 'vm-start', { vm: isBack ? vm : to, host: null }));
      }
    });
  }
}
