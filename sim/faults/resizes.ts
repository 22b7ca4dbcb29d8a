/** People give VMs other sizes: more while they run, any for their next start. Drawn apart from all else. */
import type { VmRecord } from '@holdfast/contracts';
import { randomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

/** What every VM may be given while it runs. */
export const mostOfVm = { maxCpus: 8, maxMemoryMiB: 8192 };

export function scheduleResizes(world: World, untilMs: number, ask: World['ask']): void {
  const random = randomStream(`${world.options.seed}/resizes`);
  const count = random.integer(6);
  for (let number = 0; number < count; number += 1) {
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    const pick = random.next();
    const [moreCpus, moreGib] = [random.integer(3), random.integer(4)];
    const atNextStart = random.next() < 0.25;
    world.loop.at(atMs, () => {
      const vms = world.bus.bucket<VmRecord>('vms').values();
      const vm = vms[Math.floor(pick * vms.length)];
      if (!vm) return;
      // From what it has been given before some go back to less, which a running one is refused.
      const cpus = 1 + ((vm.spec.cpus - 1 + moreCpus) % 8);
      const memoryMiB = 1024 + ((vm.spec.memoryMiB - 1024 + 1024 * moreGib) % 8192);
      ask('vm-resize', { vm: vm.name, size: { cpus, memoryMiB }, atNextStart });
    });
  }
}
