import type { Accepted, VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { withWait, type Session, type WaitFlags } from '../session.js';

/** `vm nic`: its places on guest networks. */
export function registerVmNic(
  group: Command,
  session: Session,
  carryOut: (flags: WaitFlags, change: Promise<Accepted>) => Promise<void>,
): void {
  const nic = group.command('nic').description('NICs of a VM that is stopped');
  withWait(nic.command('add'))
    .description('give a stopped VM another NIC')
    .argument('<NAME>', 'the VM')
    .argument('<NETWORK>', 'a guest network, as `host show` has them')
    .addHelpText('after', '\nOnly hosts that are on all networks of its NICs can run it then.')
    .action((name: string, network: string, flags: WaitFlags) =>
      carryOut(flags, session.client.addVmNic(name, { network })),
    );
  withWait(nic.command('remove'))
    .description('take a NIC from a stopped VM; the others keep their MAC addresses')
    .argument('<NAME>', 'the VM')
    .argument('<NIC>', 'its number, as `vm show` has it')
    .action((name: string, number: string, flags: WaitFlags) =>
      carryOut(flags, session.client.removeVmNic(name, number)),
    );
}

/** In `vm show`. */
export function nicFields({ nics }: VmView): (readonly [string, string])[] {
  if (nics.length === 0) return [['network', 'none']];
  return nics.map(({ nic, network, macAddress }) => [`NIC ${nic}`, `${network}, ${macAddress}`] as const);
}
