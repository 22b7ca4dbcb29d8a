import type { Accepted, VmView } from '@holdfast/client';
import type { Command } from 'commander';
import { withJson, withWait, type JsonFlag, type Session, type WaitFlags } from '../session.js';

/** `vm nic`: its places on guest networks. */
export function registerVmNic(
  group: Command,
  session: Session,
  carryOut: (flags: WaitFlags, change: Promise<Accepted>) => Promise<void>,
): void {
  const nic = group.command('nic').description('NICs of a VM');
  withJson(nic.command('list'))
    .description('its NICs, their networks and MAC addresses')
    .argument('<NAME>', 'the VM')
    .action(async (name: string, { json }: JsonFlag) => {
      const { nics } = await session.client.vm(name);
      if (json) session.output.json({ items: nics });
      else {
        const rows = nics.map(({ nic: number, network, macAddress }) => [String(number), network, macAddress]);
        session.output.table(['NIC', 'NETWORK', 'MAC ADDRESS'], rows, 'it has no NIC');
      }
    });
  withWait(nic.command('add'))
    .description('give a VM another NIC, also while it runs')
    .argument('<NAME>', 'the VM')
    .argument('<NETWORK>', 'a guest network, as `network list` has them')
    .addHelpText('after', '\nOnly hosts that are on all networks of its NICs can run it then.')
    .action((name: string, network: string, flags: WaitFlags) =>
      carryOut(flags, session.client.addVmNic(name, { network })),
    );
  withWait(nic.command('remove'))
    .description('take a NIC from a VM, also while it runs; the others keep their MAC addresses')
    .argument('<NAME>', 'the VM')
    .argument('<NIC>', 'its number, as `vm nic list` has it')
    .action((name: string, number: string, flags: WaitFlags) =>
      carryOut(flags, session.client.removeVmNic(name, number)),
    );
}

/** As they were then found, in a sentence. */
export function nowNicsText({ name, nics }: VmView): string {
  return `${name} has ${nics.map(({ nic, network }) => `NIC ${nic} on ${network}`).join(', ') || 'no NIC'}`;
}

/** In `vm show`. */
export function nicFields({ nics }: VmView): (readonly [string, string])[] {
  if (nics.length === 0) return [['network', 'none']];
  return nics.map(({ nic, network, macAddress }) => [`NIC ${nic}`, `${network}, ${macAddress}`] as const);
}
