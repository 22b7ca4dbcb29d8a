import type { Accepted } from '@holdfast/client';
import { bootDevices, type BootDevice, type BootOrder } from '@holdfast/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { withWait, type Session, type WaitFlags } from '../session.js';

const asImage = 'image';

/** `disk,cdrom`. */
export function bootOrder(text: string): BootOrder {
  return text.split(',').map((name) => {
    const device = name.trim();
    if (isBootDevice(device)) return device;
    throw new InvalidArgumentError(`Name ${bootDevices.join(', ')}, with commas between them.`);
  });
}

const isBootDevice = (name: string): name is BootDevice => bootDevices.some((device) => device === name);

/** `vm boot`: what its firmware tries. */
export function registerVmBoot(
  group: Command,
  session: Session,
  carryOut: (flags: WaitFlags, change: Promise<Accepted>) => Promise<void>,
): void {
  withWait(group.command('boot'))
    .description('what it boots from, from its next start on')
    .argument('<NAME>', 'the VM')
    .argument('<ORDER>', `of ${bootDevices.join(', ')}, with commas; ${asImage} for the kernel or disk of its image`,
      (text) => (text === asImage ? null : bootOrder(text)))
    .addHelpText('after', '\nExample: holdfast vm boot web1 cdrom,disk')
    .action((name: string, order: BootOrder | null, flags: WaitFlags) =>
      carryOut(flags, session.client.setVmBoot(name, { order })),
    );
}
