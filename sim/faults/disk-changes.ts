/** People give VMs disks and take them away, whatever the VMs do. Drawn apart from all else. */
import type { VmRecord } from '@holdfast/contracts';
import { randomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

export function scheduleDiskChanges(world: World, untilMs: number, ask: World['ask']): void {
  const random = randomStream(`${world.options.seed}/disks`);
  const count = random.integer(6);
  for (let number = 0; number < count; number += 1) {
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    const [pick, which] = [random.next(), random.next()];
    const isOneMore = random.next() < 0.6;
    const sizeMiB = 64 * (1 + random.integer(4));
    world.loop.at(atMs, () => {
      const vms = world.bus.bucket<VmRecord>('vms').values();
      const vm = vms[Math.floor(pick * vms.length)];
      if (!vm) return;
      const volume = vm.volumes[Math.floor(which * vm.volumes.length)]?.volume;
      if (isOneMore) ask('vm-disk-add', { vm: vm.name, sizeMiB });
      else if (volume !== undefined) ask('vm-disk-remove', { vm: vm.name, volume });
    });
  }
}
