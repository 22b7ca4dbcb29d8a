import type { HostView } from '@holdfast/client';
import { hostHealths, type HostHealth, type Watchdog } from '@holdfast/contracts';
import type { Command } from 'commander';
import { ageText, clockText, memoryText, type Column, type Output, type Tone } from '../output.js';
import {
  emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register, type Session,
} from '../session.js';
import { typedName } from '../typed-name.js';
import { adminText, registerMaintenance, showDrain } from './host-maintenance.js';
import { registerHostLoad } from './load.js';
import { registerRoll } from './host-roll.js';
import { lostNetworksText, offerFields } from './host-offers.js';
import { conditionText, heldOffField, heldOffText, labelsText, registerHostWords } from './host-words.js';

const tones: Record<HostHealth, Tone> = {
  joining: 'busy',
  online: 'good',
  suspect: 'busy',
  held: 'bad',
  fencing: 'bad',
  fenced: 'bad',
  asleep: 'dim',
};

/** Copies that are there; those that ended are kept in the report for a while. */
function liveCopies({ vms }: NonNullable<HostView['observed']>): number {
  return Object.values(vms).filter(({ state }) => state !== 'stopped' && state !== 'failed').length;
}

const columns = (output: Output, nowMs: number): Column<HostView>[] => [
  { heading: 'HOST', of: ({ host }) => host },
  { heading: 'HEALTH', of: ({ health }) => output.tone(health, tones[health]) },
  { heading: 'ADMIN', of: (host) => adminText(output, host) },
  { heading: 'EPOCH', of: ({ epoch }) => String(epoch) },
  { heading: 'CPUS', of: ({ observed }) => (observed ? String(observed.capacity.cpus) : '-') },
  { heading: 'MEMORY', of: ({ observed }) => (observed ? memoryText(observed.capacity.memoryMiB) : '-') },
  { heading: 'VMS', of: ({ observed }) => (observed ? String(liveCopies(observed)) : '-') },
  { heading: 'MANAGEMENT', wide: true, of: ({ addresses }) => addresses.management },
  { heading: 'STORAGE', wide: true, of: ({ addresses }) => addresses.storage },
  { heading: 'LABELS', wide: true, of: ({ labels }) => labelsText(labels) },
  { heading: 'POWER SWITCH', wide: true, of: ({ power }) => power.state },
  { heading: 'WATCHDOG', wide: true, of: ({ observed }) => watchdogText(observed?.watchdog) },
  { heading: 'INCIDENT', wide: true, of: ({ incident }) => incident?.id ?? '-' },
  { heading: 'REPORTED', of: ({ observed }) => (observed ? `${ageText(observed.atMs, nowMs)} ago` : 'never') },
  {
    heading: 'REASON',
    of: ({ condition, observed, flapping, reason }) =>
      condition?.text ?? lostNetworksText(observed) ?? heldOffText(flapping) ?? reason,
  },
];

function show(output: Output, host: HostView): void {
  const { observed } = host;
  output.fields([
    ['host', host.host],
    ['health', `${output.tone(host.health, tones[host.health])}: ${hostHealths[host.health]}`],
    ...(host.reason === '' ? [] : ([['reason', host.reason]] as const)),
    ...(host.condition ? ([['condition', conditionText(output, host.condition)]] as const) : []),
    ...heldOffField(output, host.flapping),
    ['admin', adminText(output, host)],
    ['labels', labelsText(host.labels)],
    ['uuid', host.uuid],
    ['epoch', String(host.epoch)],
    ['addresses', `management ${host.addresses.management}, storage ${host.addresses.storage}`],
    [
      'power switch',
      `${host.power.state}${host.power.detail === '' ? '' : `: ${host.power.detail}`}`,
    ],
    ['watchdog', watchdogText(observed?.watchdog)],
    ['incident', host.incident?.id ?? 'none'],
    [
      'capacity',
      observed
        ? `${observed.capacity.cpus} CPUs, ${memoryText(observed.capacity.memoryMiB)}`
        : 'never reported',
    ],
    ...offerFields(output, observed),
    ['hypervisor', observed?.hypervisor ?? 'never reported'],
    ['reported', observed ? clockText(observed.atMs) : 'never'],
  ]);
  output.line();
  const vms = Object.entries(observed?.vms ?? {}).sort(([a], [b]) => a.localeCompare(b, 'en'));
  output.table(
    ['VM', 'STATE', 'GENERATION', 'REASON'],
    vms.map(([name, vm]) => [name, vm.state, String(vm.generation), vm.reason]),
    'no VM on it',
  );
  showDrain(output, host);
  for (const copy of observed?.staleCopies ?? []) {
    const text = `stale copy of ${copy.vm}, generation ${copy.generation}: being destroyed`;
    output.line(output.tone(text, 'bad'));
  }
  for (const { kind, atMs, detail, voidedAtMs } of host.evidence) {
    const voided = voidedAtMs === null ? '' : ' (void)';
    output.line(`proof ${kind}${voided} at ${clockText(atMs)}: ${detail}`);
  }
}

function watchdogText(watchdog: Watchdog | null | undefined): string {
  if (!watchdog) return 'none';
  const { kind, timeoutMs, armed, detail } = watchdog;
  return `${kind}, ${timeoutMs / 1000} s, ${armed ? 'armed' : `not armed: ${detail}`}`;
}

interface ConfirmDeadFlags extends JsonFlag {
  reason: string;
  confirm?: string;
}

async function confirmDead(session: Session, name: string, flags: ConfirmDeadFlags): Promise<void> {
  const warning = `If ${name} still runs and can write, confirming its death can destroy the disks of its VMs.`;
  const confirm = flags.confirm ?? (await typedName(session.io, name, { warning, when: 'is really dead' }));
  const confirmed = await session.client.confirmDead(name, { confirm, reason: flags.reason });
  if (flags.json) session.output.json(confirmed);
  else {
    const incident =
      confirmed.incident === null ? '' : `, kept with incident ${confirmed.incident}`;
    session.output.line(`${name} is confirmed dead${incident}`);
  }
}

function registerConfirmDead(group: Command, session: Session): void {
  withJson(group.command('confirm-dead'))
    .description('vouch as a person that a host is dead: a proof like any other')
    .argument('<NAME>', 'the host')
    .requiredOption('--reason <TEXT>', 'how you know')
    .option('--confirm <NAME>', 'the name once more, where there is no terminal to ask')
    .addHelpText(
      'after',
      `
Its VMs are started elsewhere at once. Be sure: if it still runs and can write, disks break.

Example:
  holdfast host confirm-dead h2 --reason "its power supply burnt, I pulled the cable"`,
    )
    .action((name: string, flags: ConfirmDeadFlags) => confirmDead(session, name, flags));
}

export const registerHost: Register = (program, session) => {
  const group = program.command('host').description('hosts: the machines that run VMs');
  withList(group.command('list'), 'health!=online,labels.rack=r1')
    .description('all hosts')
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const hosts = await client.all<HostView>((page) => client.hosts(page), flags);
      if (flags.json) output.json({ items: hosts });
      else {
        output.list(columns(output, Date.now()), hosts, emptyText(flags, 'no host has joined yet'));
      }
    });
  withJson(group.command('show'))
    .description('one host: its health, its VMs, the proofs about it')
    .argument('<NAME>', 'the host')
    .action(async (name: string, { json }: JsonFlag) => {
      const host = await session.client.host(name);
      if (json) session.output.json(host);
      else show(session.output, host);
    });
  registerMaintenance(group, session);
  registerRoll(group, session);
  registerHostWords(group, session);
  registerHostLoad(group, session);
  registerConfirmDead(group, session);
};
