/**
 * NICs of a VM. One that is stopped gets or loses one as soon as it is stored: its next copy is started so. A copy that
 * runs is plugged, at its host's hand. The NIC is in the spec from the moment it is asked for until it is gone, so that
 * whatever follows that copy has it, and no copy moves while that is going on.
 *
 *   another one: plugged in; if that fails, it is in the spec no more
 *   one less:    unplugged, which its guest has to consent to; if it does not, nothing has changed
 */
import {
  isPaused, maxNics, nicsOf, refused, type agentPlug, type NewTransition, type Nic, type Reply, type VmRecord,
} from '@holdfast/contracts';
import { deriveMacAddress, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { wrongNetwork } from './network.js';
import { isMet, offersOf } from './placement/needs.js';
import { effects } from './vm-effect.js';
import { neverMet } from './vm-needs.js';
import { copyOf, finish, move, refusalOf, stay, type VmStep, type VmView } from './vm-record.js';
import { admit, type Accepted, type Admission, type VmRequest } from './vm-request.js';
import { admitBeside } from './vm-set.js';
import { refuseIfSuspended } from './vm-suspend.js';
import { assigned } from './vm-turn.js';

const lookAgainMs = 2000;

export type NicAdd = VmRequest & { network: string; ofCluster?: boolean | undefined };
type Refusal = { refusal: Reply<Accepted> };

export function admitNicAdd(vm: VmRecord | null, request: NicAdd, cluster: Cluster, env: Env): Admission {
  if (vm?.assignment == null) {
    return admitBeside(vm, request, env, (known) => {
      const suspended = refuseIfSuspended(known);
      if (suspended) return { refusal: suspended.reply };
      const made = withAnother(known, request, cluster);
      if ('refusal' in made) return made;
      return { record: made.record, event: 'vm.nic-added', text: `it has ${textOf(known, made.added)}` };
    });
  }
  return admit(vm, request, 'nic-add', env, (known) => {
    const busy = notNow(known);
    if (busy) return { change: null, reply: busy };
    const made = withAnother(known, request, cluster);
    if ('refusal' in made) return { change: null, reply: made.refusal };
    const away = notThere(known, made.added, cluster);
    if (away) return { change: null, reply: away };
    const { nic } = made.added;
    const patch = { spec: made.record.spec, nicChange: { nic, to: 'there' as const, plug: request.operation } };
    return { patch, text: `asked for ${textOf(known, made.added)}` };
  });
}

export function admitNicRemove(vm: VmRecord | null, request: VmRequest & { nic: number }, env: Env): Admission {
  if (vm?.assignment == null) {
    return admitBeside(vm, request, env, (known) => {
      const suspended = refuseIfSuspended(known);
      if (suspended) return { refusal: suspended.reply };
      const gone = nicOf(known, request.nic);
      if (!gone) return { refusal: unknownNic(known, request.nic) };
      const text = `it has no NIC ${gone.nic} on ${gone.network} any more`;
      return { record: without(known, gone.nic), event: 'vm.nic-removed', text };
    });
  }
  return admit(vm, request, 'nic-remove', env, (known) => {
    const gone = nicOf(known, request.nic);
    const wrong = notNow(known) ?? (gone ? null : unknownNic(known, request.nic));
    if (wrong) return { change: null, reply: wrong };
    const nicChange = { nic: request.nic, to: 'gone' as const, plug: request.operation };
    return { patch: { nicChange }, text: `asked to take the NIC ${request.nic} on ${gone?.network} from it` };
  });
}

/** What a VM does whose copy is given a NIC, or gives one back; null when it does not. */
export function pluggingNic(view: VmView): VmStep | null {
  const { vm } = view;
  if (vm.nicChange === undefined) return null;
  const { nic, to, plug } = vm.nicChange;
  const at = assigned(vm);
  const seen = copyOf(view, at)?.plug;
  const effect = effects.plug(at, plug);
  const refusal = refusalOf(view, effect.key);
  const told = seen?.id === plug ? seen : null;
  // An agent of before refuses what it knows nothing of.
  const why = refusal?.code === 'invalid' ? refusal.message : told?.result === 'failed' ? told.reason : null;
  const network = nicOf(vm, nic)?.network ?? '';
  if (why !== null) {
    const text = to === 'there' ? `no NIC was added: ${why}` : `the NIC ${nic} was not removed: ${why}`;
    return end(view, 'failed', to === 'there' ? without(vm, nic) : vm, { event: 'vm.nic-failed', text });
  }
  if (told?.result !== 'done') return stay(view, [effect], lookAgainMs);
  if (to === 'there') {
    const text = `runs on ${at.host} with ${textOf(vm, { nic, network })}`;
    return end(view, 'done', vm, { event: 'vm.nic-added', text });
  }
  const text = `runs on ${at.host} without the NIC ${nic} on ${network}`;
  return end(view, 'done', without(vm, nic), { event: 'vm.nic-removed', text });
}

/** What its host is asked to do with the NIC; null when it is not asked for anything. */
export function nicPlugOrder(vm: VmRecord): Pick<typeof agentPlug.request._output, 'plug' | 'change'> | null {
  if (vm.nicChange === undefined) return null;
  const { nic, to, plug } = vm.nicChange;
  const macAddress = deriveMacAddress(vm.uid, nic);
  const network = nicOf(vm, nic)?.network;
  if (to === 'gone' || network === undefined) return { plug, change: { to: 'nic-gone', macAddress } };
  const { netMbits } = vm.spec;
  return { plug, change: { to: 'nic-there', network, macAddress, ...(netMbits !== undefined && { netMbits }) } };
}

/** The operation in hand may be another one by then. */
function end(view: VmView, outcome: 'done' | 'failed', { spec }: VmRecord, told: NewTransition): VmStep {
  const kind = view.vm.operation?.kind;
  const patch = { spec, nicChange: undefined };
  return kind === 'nic-add' || kind === 'nic-remove' ? finish(view, outcome, patch, told) : move(view, patch, told);
}

function withAnother(vm: VmRecord, request: NicAdd, cluster: Cluster): { record: VmRecord; added: Nic } | Refusal {
  const { network, ofCluster } = request;
  const notItsOwn = wrongNetwork([network], { project: vm.project, ofCluster }, cluster);
  if (notItsOwn) return { refusal: notItsOwn };
  const before = nicsOf(vm.spec);
  const taken = new Set(before.map(({ nic }) => nic));
  const nic = Array.from({ length: maxNics }, (_, number) => number).find((number) => !taken.has(number));
  if (nic === undefined) {
    const remedy = 'remove one first';
    return { refusal: refused('conflict', `${vm.name} has ${maxNics} NICs, as many as there can be`, { remedy }) };
  }
  const added = { nic, network };
  const record = withNics(vm, [...before, added]);
  const wrong = neverMet(record.spec, cluster);
  return wrong
    ? { refusal: refused('invalid', wrong.text, { field: 'network', remedy: wrong.remedy }) }
    : { record, added };
}

/** A guest sees to its devices only while it runs. */
function notNow({ name, phase, nicChange, ...vm }: VmRecord): Reply<never> | null {
  if (phase !== 'running' || nicChange !== undefined) {
    const remedy = `wait until it runs, or stop it (holdfast vm stop ${name})`;
    return refused('conflict', `${name} is ${phase}: its NICs are changed while it runs or is stopped`, { remedy });
  }
  const remedy = `let it go on first (holdfast vm resume ${name})`;
  return isPaused(vm) ? refused('conflict', `${name} is paused: its guest cannot see to its NICs`, { remedy }) : null;
}

/** Of the host that runs it. */
function notThere(vm: VmRecord, { network }: Nic, cluster: Cluster): Reply<never> | null {
  const { host } = assigned(vm);
  if (isMet(`network:${network}`, offersOf(cluster.observed(host)?.capacity))) return null;
  return refused('conflict', `${host}, which runs ${vm.name}, does not reach the network ${network}`, {
    field: 'network', remedy: `move it to a host that does (holdfast vm migrate ${vm.name}), or stop it first`,
  });
}

function unknownNic(vm: VmRecord, number: number): Reply<never> {
  const numbers = nicsOf(vm.spec).map(({ nic, network }) => `${nic} on ${network}`).join(', ') || 'none';
  const more = { field: 'nic', remedy: `name one of its NICs: ${numbers}` };
  return refused('not-found', `${vm.name} has no NIC ${number}`, more);
}

function textOf({ uid }: VmRecord, { nic, network }: Nic): string {
  return `the NIC ${nic} (${deriveMacAddress(uid, nic)}) on ${network}`;
}

const nicOf = (vm: VmRecord, number: number): Nic | undefined => nicsOf(vm.spec).find(({ nic }) => nic === number);

const without = (vm: VmRecord, number: number): VmRecord =>
  withNics(vm, nicsOf(vm.spec).filter(({ nic }) => nic !== number));

function withNics(vm: VmRecord, nics: readonly Nic[]): VmRecord {
  const { nics: _, ...spec } = vm.spec;
  const network = nics.find(({ nic }) => nic === 0)?.network ?? null;
  const more = nics.filter(({ nic }) => nic > 0);
  return { ...vm, spec: { ...spec, network, ...(more.length > 0 && { nics: more }) } };
}
