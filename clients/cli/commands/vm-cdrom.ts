import type { Accepted } from '@holdfast/client';
import type { Command } from 'commander';
import { withWait, type Session, type WaitFlags } from '../session.js';

/** `vm cdrom`: what is in a VM's drive. */
export function registerVmCdrom(
  group: Command,
  session: Session,
  carryOut: (flags: WaitFlags, change: Promise<Accepted>) => Promise<void>,
): void {
  const cdrom = group.command('cdrom').description('what is in its CD-ROM drive, from its next start on');
  withWait(cdrom.command('insert'))
    .description('put in an image that hosts have in their directory of images')
    .argument('<NAME>', 'the VM')
    .argument('<ISO>', 'the name of a file: debian-12.iso')
    .addHelpText('after', '\nOn a host that does not have it the drive is empty: it keeps a VM from no host.')
    .action((name: string, iso: string, flags: WaitFlags) =>
      carryOut(flags, session.client.setVmCdrom(name, { iso })),
    );
  withWait(cdrom.command('eject'))
    .description('empty its drive')
    .argument('<NAME>', 'the VM')
    .action((name: string, flags: WaitFlags) => carryOut(flags, session.client.setVmCdrom(name, { iso: null })));
}
