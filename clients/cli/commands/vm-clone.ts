/** A new VM that is as another is. */
import type { Command } from 'commander';
import { withWait, type Session, type WaitFlags } from '../session.js';

type CarryOut = (flags: WaitFlags, change: ReturnType<Session['client']['cloneVm']>) => Promise<void>;

interface CloneFlags extends WaitFlags {
  project?: string;
  host?: string;
  start?: boolean;
}

export function registerClone(vm: Command, session: Session, carryOut: CarryOut): void {
  withWait(vm.command('clone'))
    .description('make a new VM that is as a stopped one is, with copies of its disks')
    .argument('<SOURCE>', 'the VM to copy, which must be stopped; it cannot be started before its disks are copied')
    .argument('<NAME>', 'of the new VM')
    .option('--project <NAME>', 'whose it is to be; left out, that of the source')
    .option('--start', 'start it once its disks are copied')
    .option('--host <NAME>', 'where to start it first; left out, the scheduler chooses')
    .addHelpText('after', `
It has its own MAC address and instance id. A static address that its guest was told (cloud-init, or on its disk) is the
same, and it is not protected, nor in rules and schedules of the source.

Examples:
  holdfast vm clone web1 web2
  holdfast vm clone golden app1 --project shop --start`)
    .action((source: string, name: string, { project, host, start = false, ...flags }: CloneFlags) =>
      carryOut(flags, session.client.cloneVm(source, {
        name,
        start,
        ...(project === undefined ? {} : { project }),
        ...(host === undefined ? {} : { host }),
      })));
}
