import type { VmView } from '@holdfast/client';
import { isPaused, isProbed, isSuspended, vmPhases, type VmPhase } from '@holdfast/contracts';
import { ageText, clockText, memoryText, type Column, type Output, type Tone } from '../output.js';
import { emptyText, withJson, withList, type JsonFlag, type ListFlags, type Session } from '../session.js';
import type { Command } from 'commander';
import { cloudInitFields } from './vm-cloud-init.js';
import { nicFields } from './vm-nic.js';
import { needFields } from './vm-needs.js';
import { labelsText } from './host-words.js';
import { policyLines } from './vm-policy.js';
import { sizeLines } from './vm-size.js';
import { wordLines } from './vm-words.js';

const good: readonly VmPhase[] = ['running'];
const bad: readonly VmPhase[] = ['failed', 'recovering', 'waiting'];

export function phaseText(output: Output, phase: VmPhase): string {
  const tone: Tone = good.includes(phase)
    ? 'good'
    : bad.includes(phase)
      ? 'bad'
      : phase === 'stopped'
        ? 'plain'
        : 'busy';
  return output.tone(phase, tone);
}

/** Where it is, or on its way to. */
export function placeText({ assignment, migration }: VmView): string {
  if (!assignment) return '-';
  return migration ? `${assignment.host} > ${migration.to.host}` : assignment.host;
}

/** What the probes say of the copy that is meant to run. */
function guestText(output: Output, { copies, assignment }: VmView): string {
  const guest = copies.find(({ generation }) => generation === assignment?.generation)?.guest;
  if (!guest) return 'not known yet';
  if (guest.state === 'healthy') return `${output.tone('healthy', 'good')} since ${clockText(guest.sinceMs)}`;
  return `${output.tone(guest.state, 'bad')} since ${clockText(guest.sinceMs)}: ${guest.probe}: ${guest.reason}`;
}

/** Its phase, or what a person has made of it. */
function stateText(output: Output, vm: VmView): string {
  if (isPaused(vm)) return output.tone('paused', 'busy');
  return isSuspended(vm) ? output.tone('suspended', 'dim') : phaseText(output, vm.phase);
}

const columns = (output: Output, nowMs: number): Column<VmView>[] => [
  { heading: 'VM', of: ({ name }) => name },
  { heading: 'PHASE', of: (vm) => stateText(output, vm) },
  { heading: 'HOST', of: placeText },
  { heading: 'CPUS', of: ({ spec }) => String(spec.cpus) },
  { heading: 'MEMORY', of: ({ spec }) => memoryText(spec.memoryMiB) },
  { heading: 'DISKS', of: ({ spec }) => spec.disks.map(({ sizeMiB }) => memoryText(sizeMiB)).join(', ') || 'none' },
  { heading: 'PROJECT', wide: true, of: ({ project }) => project },
  { heading: 'WANTED', wide: true, of: ({ desired }) => desired },
  { heading: 'GENERATION', wide: true, of: (vm) => String(vm.assignment?.generation ?? vm.generation) },
  { heading: 'IMAGE', wide: true, of: ({ spec }) => spec.image },
  { heading: 'NETWORK', wide: true, of: ({ spec }) => spec.network ?? 'none' },
  { heading: 'PRIORITY', wide: true, of: ({ spec }) => String(spec.policy.priority) },
  { heading: 'RESTART', wide: true, of: ({ spec }) => spec.policy.restart },
  { heading: 'LABELS', wide: true, of: ({ labels = {} }) => labelsText(labels) },
  { heading: 'INCIDENT', wide: true, of: ({ incident }) => incident ?? '-' },
  { heading: 'SINCE', of: ({ phaseSinceMs }) => ageText(phaseSinceMs, nowMs) },
  { heading: 'REASON', of: ({ reason }) => reason },
];

function show(output: Output, vm: VmView): void {
  output.fields([
    ['VM', vm.name],
    ['project', vm.project],
    ['phase', `${phaseText(output, vm.phase)}: ${vmPhases[vm.phase]}`],
    ...(isPaused(vm) ? ([['paused', 'yes: it stands still until holdfast vm resume']] as const) : []),
    ...(isSuspended(vm) ? ([['suspended', 'yes: its next start goes on from its stored memory']] as const) : []),
    ...(vm.reason === '' ? [] : ([['reason', vm.reason]] as const)),
    ['since', clockText(vm.phaseSinceMs)],
    ...wordLines(vm),
    ['wanted', vm.desired],
    ['host', placeText(vm)],
    ['generation', String(vm.assignment?.generation ?? vm.generation)],
    ...sizeLines(vm),
    ...needFields(vm.spec),
    ['image', vm.spec.image],
    ...nicFields(vm),
    ...cloudInitFields(vm.spec),
    ...policyLines(vm.spec.policy),
    ...(isProbed(vm.spec.policy.probes) ? ([['guest', guestText(output, vm)]] as const) : []),
    ...(vm.home === null ? [] : ([['comes back to', vm.home]] as const)),
    ['operation', vm.operation ? `${vm.operation.kind} (${vm.operation.id})` : 'none'],
    ['incident', vm.incident ?? 'none'],
  ]);
  output.line();
  output.table(
    ['VOLUME', 'SIZE', 'POOL', 'NODE'],
    vm.volumes.map(({ volume, sizeMiB, pool, node }) => [volume, memoryText(sizeMiB), pool, node]),
    'no volumes',
  );
  output.line();
  output.table(
    ['SEEN ON', 'STATE', 'GENERATION', 'REASON'],
    vm.copies.map(({ host, state, generation, reason }) => [
      host,
      state,
      String(generation),
      reason,
    ]),
    'seen running nowhere',
  );
}

export function registerVmViews(group: Command, session: Session): void {
  withList(group.command('list'), 'phase=waiting|failed,host=h1,labels.env=prod')
    .description('all VMs')
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const vms = await client.all<VmView>((page) => client.vms(page), flags);
      if (flags.json) output.json({ items: vms });
      else {
        output.list(
          columns(output, Date.now()),
          vms,
          emptyText(flags, 'there is no VM yet; holdfast vm create makes one'),
        );
      }
    });
  withJson(group.command('show'))
    .description('one VM: what it is, where it is, who sees it')
    .argument('<NAME>', 'the VM')
    .action(async (name: string, { json }: JsonFlag) => {
      const vm = await session.client.vm(name);
      if (json) session.output.json(vm);
      else show(session.output, vm);
    });
}
