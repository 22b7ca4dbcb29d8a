import type { Accepted, NewVm, OperationView, VmFromTemplate } from '@holdfast/client';
import { isPaused, isSuspended, type PowerAction } from '@holdfast/contracts';
import type { Command } from 'commander';
import { parseSizes } from '../arguments.js';
import { UsageError } from '../failure.js';
import { withWait, type Register, type Session, type WaitFlags } from '../session.js';
import { templateOf, withTemplate, type TemplateFlags } from './template.js';
import { carryOutMany, isMany, withMany, type ManyFlags } from './vm-bulk.js';
import { registerVmLoad } from './load.js';
import { registerVmBoot } from './vm-boot.js';
import { nowNicsText, registerVmNic } from './vm-nic.js';
import { registerVmCdrom } from './vm-cdrom.js';
import { registerClone } from './vm-clone.js';
import { cloudInitOf, withCloudInit, type CloudInitFlags } from './vm-cloud-init.js';
import { nowDisksText, registerDisk } from './vm-disk.js';
import { registerVmLog } from './vm-log.js';
import { needsOf, withNeeds, type NeedFlags } from './vm-needs.js';
import { policyOf, registerVmSet, withPolicy, type PolicyFlags } from './vm-policy.js';
import { registerVmScreenshot } from './vm-screenshot.js';
import { registerVmViews } from './vm-show.js';
import { newSizeOf, nowSizeText, registerResize, sizeOf, withSize, type SizeFlags } from './vm-size.js';
import { withWords, wordsOf, type WordFlags } from './vm-words.js';

/** The VM as it was then observed, in a sentence. */
async function nowText(session: Session, { vm, kind }: OperationView): Promise<string> {
  if (kind === 'delete') return `${vm} is deleted`;
  const found = await session.client.vm(vm);
  if (kind === 'resize') return nowSizeText(found);
  if (kind === 'disk-add' || kind === 'disk-remove') return nowDisksText(found);
  if (kind === 'nic-add' || kind === 'nic-remove') return nowNicsText(found);
  const is = isPaused(found) ? 'paused' : isSuspended(found) ? 'suspended' : found.phase;
  return found.assignment ? `${vm} is ${is} on ${found.assignment.host}` : `${vm} is ${is}`;
}

async function carryOut(
  session: Session,
  flags: WaitFlags,
  change: Promise<Accepted>,
): Promise<void> {
  const accepted = await change;
  if (accepted.warning !== undefined) session.io.stderr.write(`holdfast: warning: ${accepted.warning}\n`);
  await session.conclude(accepted, flags, (operation) => nowText(session, operation));
}

interface CreateFlags
  extends WaitFlags, PolicyFlags, NeedFlags, WordFlags, SizeFlags, CloudInitFlags, TemplateFlags {
  disk?: number[];
  image?: string;
  host?: string;
  project?: string;
  start: boolean;
}

async function newVm(name: string, flags: CreateFlags): Promise<NewVm | VmFromTemplate> {
  const { disk, image, host, project, start } = flags;
  const policy = policyOf(flags);
  const template = templateOf(flags);
  const all = {
    name,
    ...(start ? {} : { start }),
    ...(disk === undefined ? {} : { disks: disk.map((sizeMiB) => ({ sizeMiB })) }),
    ...(image === undefined ? {} : { image }),
    ...needsOf(flags),
    ...(await cloudInitOf(flags)),
    ...wordsOf(flags),
    ...(host === undefined ? {} : { host }),
    ...(project === undefined ? {} : { project }),
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
  };
  return template ? { ...all, ...sizeOf(flags), ...template } : { ...all, ...newSizeOf(flags) };
}

function registerCreate(group: Command, session: Session): void {
  withWait(withPolicy(withWords(withCloudInit(withNeeds(withSize(withTemplate(group.command('create'))))))))
    .description('create a VM, and start it')
    .argument('<NAME>', 'lower-case letters, digits and dashes')
    .option('--disk <SIZE>', 'a disk; repeat it for more (default: one of 64MiB)', parseSizes)
    .option('--image <NAME>', 'what it boots, of `image list` (default: tiny)')
    .option('--host <NAME>', 'where to start it first; left out, the scheduler chooses')
    .option('--project <NAME>', 'whose it is to be; left out, the only one in which you may create')
    .option('--no-start', 'leave it stopped')
    .addHelpText(
      'after',
      `
Examples:
  holdfast vm create web1    (1 CPU and 128 MiB)
  holdfast vm create db2 --cpus 2 --max-cpus 8 --memory 2GiB --max-memory 16GiB
  holdfast vm create db1 --cpus 2 --memory 256MiB --disk 64MiB --disk 1GiB --host h2
  holdfast vm create app1 --cpu Nehalem,+aes --network guest
  holdfast vm create app2 --image debian-12 --disk 20GiB --user-data app2.yaml
  holdfast vm create app3 --template small --set cpus=4`,
    )
    .action(async (name: string, flags: CreateFlags) => {
      const vm = await newVm(name, flags);
      await carryOut(session, flags, session.client.createVm(vm));
    });
}

interface PowerFlags extends WaitFlags, ManyFlags {
  force?: boolean;
  discardMemory?: boolean;
  host?: string;
}

/** A command about the power of one VM, or of many at once. */
function registerPowerOf(
  group: Command, session: Session, action: PowerAction, about: string,
  one: (name: string, flags: PowerFlags) => Promise<Accepted>,
): Command {
  return withMany(withWait(group.command(action)))
    .description(about)
    .argument('[NAMES...]', 'the VM, or several')
    .action(async (names: string[], flags: PowerFlags) => {
      const [name = ''] = names;
      if (!isMany(names, flags)) return await carryOut(session, flags, one(name, flags));
      if (flags.host !== undefined) throw new UsageError('--host is for one VM');
      if (flags.discardMemory === true) throw new UsageError('--discard-memory is for one VM');
      await carryOutMany(session, action, names, flags);
    });
}

function registerPower(group: Command, session: Session): void {
  const client = (): Session['client'] => session.client;
  registerPowerOf(group, session, 'start', 'start a stopped VM; one that is suspended goes on where it stood',
    (name, { host, discardMemory }) =>
      client().startVm(name, { host: host ?? null, ...(discardMemory === true ? { discardMemory } : {}) }),
  ).option('--host <NAME>', 'where; left out, the scheduler chooses')
    .option('--discard-memory', 'boot one that is suspended anew; what it had in memory is gone');
  registerPowerOf(group, session, 'stop', 'ask the guest to power down; after its grace time it is forced',
    (name, { force }) => client().stopVm(name, { force: force === true }),
  ).option('--force', 'at once, like pulling the plug');
  registerPowerOf(group, session, 'reboot', 'reboot it where it is',
    (name, { force }) => client().rebootVm(name, { force: force === true }),
  ).option('--force', 'at once, like pressing reset');
  registerPowerOf(group, session, 'reset', 'reset it where it is, like pressing its reset button',
    (name) => client().resetVm(name));
  registerPowerOf(group, session, 'pause',
    'let it stand still where it is, its memory kept; it does not move, and is not probed',
    (name) => client().pauseVm(name),
  ).addHelpText('after', '\nIf its host is lost meanwhile, or its QEMU crashes, it is started anew and runs.');
  registerPowerOf(group, session, 'resume', 'let a paused VM go on', (name) => client().resumeVm(name));
  registerPowerOf(group, session, 'suspend',
    'store its memory beside its disks and stop it; its next start goes on from there, on any host',
    (name) => client().suspendVm(name),
  );
}

export const registerVm: Register = (program, session) => {
  const group = program.command('vm').description('VMs: create them, move them, look at them');
  registerCreate(group, session);
  registerVmViews(group, session);
  registerPower(group, session);
  registerVmSet(group, session);
  const conclude = carryOut.bind(null, session);
  registerResize(group, session, conclude);
  registerDisk(group, session, conclude);
  registerClone(group, session, conclude);
  withWait(group.command('rename'))
    .description('give a stopped VM another name; its disks, addresses and history stay')
    .argument('<NAME>', 'the VM')
    .argument('<NEW>', 'what it is to be called')
    .addHelpText('after', '\nExample:\n  holdfast vm rename web1 www')
    .action((name: string, to: string, flags: WaitFlags) =>
      carryOut(session, flags, session.client.renameVm(name, { to })),
    );
  withWait(group.command('migrate'))
    .description('move it to another host while it runs')
    .argument('<NAME>', 'the VM')
    .argument('[HOST]', 'where to; left out, the scheduler chooses')
    .addHelpText('after', '\nExample:\n  holdfast vm migrate web1 h3')
    .action((name: string, host: string | undefined, flags: WaitFlags) =>
      carryOut(session, flags, session.client.migrateVm(name, { host: host ?? null })),
    );
  withWait(group.command('relocate'))
    .description('stop it and start it on another host, where it cannot move while it runs')
    .argument('<NAME>', 'the VM')
    .requiredOption('--to <HOST>', 'where to')
    .addHelpText('after', '\nExample:\n  holdfast vm relocate web1 --to h3')
    .action((name: string, flags: WaitFlags & { to: string }) =>
      carryOut(session, flags, session.client.relocateVm(name, { host: flags.to })),
    );
  withWait(group.command('delete'))
    .description('remove it with its volumes')
    .argument('<NAME>', 'the VM')
    .action((name: string, flags: WaitFlags) =>
      carryOut(session, flags, session.client.deleteVm(name)),
    );
  registerVmLog(group, session);
  registerVmScreenshot(group, session);
  registerVmBoot(group, session, (flags, change) => carryOut(session, flags, change));
  registerVmNic(group, session, (flags, change) => carryOut(session, flags, change));
  registerVmCdrom(group, session, (flags, change) => carryOut(session, flags, change));
  registerVmLoad(group, session);
};
