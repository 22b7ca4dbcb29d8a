/** Guests: what goes wrong inside a VM while its QEMU is well. */
import type { VmRecord } from '@holdfast/contracts';
import { nothing, pick, type FaultKind } from './fault.js';

export const guestKinds: Record<string, FaultKind> = {
  /** Once, or again after each boot until it heals. */
  'guest-trouble': {
    lastsMs: [5000, 90_000],
    inflict: (world, random) => {
      const vms = world.bus.bucket<VmRecord>('vms').values().map(({ name }) => name);
      const trouble = random.next() < 0.6 ? ('hung' as const) : ('panicked' as const);
      const isLasting = random.next() < 0.4;
      if (vms.length === 0) return { target: 'nobody', heal: nothing };
      const vm = pick(vms, random);
      if (isLasting) world.sickGuests.set(vm, trouble);
      for (const hypervisor of world.hypervisors()) hypervisor.troubleGuest(vm, trouble);
      const heal = (): void => {
        world.sickGuests.delete(vm);
        for (const hypervisor of world.hypervisors()) hypervisor.healGuest(vm);
      };
      return { target: `${vm} (${trouble})`, heal };
    },
  },
};
