/** Disks of a VM that is there: another one, or one less. */
import type { VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { parseSize } from '../arguments.js';
import { UsageError } from '../failure.js';
import { memoryText } from '../output.js';
import { withWait, type Session, type WaitFlags } from '../session.js';

type CarryOut = (flags: WaitFlags, change: ReturnType<Session['client']['addVmDisk']>) => Promise<void>;

export function registerDisk(vm: Command, session: Session, carryOut: CarryOut): void {
  const group = vm.command('disk').description('disks of a VM: add one, or remove one with its data');
  withWait(group.command('add'))
    .description('give a VM another disk, empty, also while it runs')
    .argument('<NAME>', 'the VM')
    .requiredOption('--size <SIZE>', 'for example 10GiB', parseSize)
    .addHelpText('after', '\nExample:\n  holdfast vm disk add db1 --size 10GiB')
    .action((name: string, flags: WaitFlags & { size: number }) =>
      carryOut(flags, session.client.addVmDisk(name, { sizeMiB: flags.size })));
  withWait(group.command('remove'))
    .description('take a disk from a VM, also while it runs, and delete its data')
    .argument('<NAME>', 'the VM')
    .argument('<VOLUME>', 'as holdfast vm show names it')
    .option('--delete', 'yes, delete its data: there is no disk without a VM')
    .action((name: string, volume: string, flags: WaitFlags & { delete?: boolean }) => {
      if (flags.delete !== true) throw new UsageError(`the data of ${volume} would be deleted`, 'say --delete as well');
      return carryOut(flags, session.client.removeVmDisk(name, volume));
    });
}

/** As it was then found, in a sentence. */
export function nowDisksText({ name, volumes }: VmView): string {
  const disks = volumes.map(({ volume, sizeMiB }) => `${volume} (${memoryText(sizeMiB)})`);
  return `${name} has ${disks.length === 0 ? 'no disk' : disks.join(', ')}`;
}
