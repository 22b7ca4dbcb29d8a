/** What people ask of a VM: admitted, or refused with the reason, without touching anything else. */
import {
  accepted,
  isPaused,
  memoryOvercommitOf,
  noTransitions,
  refused,
  withTransition,
  type Reply,
  type Transition,
  type VmRecord,
  type VmSpec,
  type VmWords,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { leftOutBy } from './capacity/admission.js';
import { wrongNetworks } from './network.js';
import { cloneInHand, disksOfClone } from './vm-clone.js';
import { newDisks } from './vm-image.js';
import { neverMet, onlyMetBy } from './vm-needs.js';
import { wrongDependency, wrongPolicy } from './policy.js';
import { takenUp, wrongMaximum } from './vm-size.js';

export type VmOperationKind = NonNullable<VmRecord['operation']>['kind'];
export interface Accepted {
  operation: string;
  vm: string;
  warning?: string | undefined;
}
export type Admission = { change: VmRecord | null; reply: Reply<Accepted> };

export interface VmRequest {
  operation: string;
  vm: string;
}

/**
 * What is asked for happens once, however late its request arrives again: also when the VM's own history has forgotten
 * it, or the VM itself is gone. `operations` says of which ones there is a record.
 */
export function once(
  request: VmRequest,
  operations: (id: string) => boolean,
  admission: () => Admission,
): Admission {
  return operations(request.operation) ? again(request) : admission();
}

export function admitCreate(
  existing: VmRecord | null,
  request: VmRequest & { spec: VmSpec; cloneOf?: { vm: string; uid: string } | undefined; words?: VmWords | undefined;
    project?: string | undefined; ofCluster?: boolean | undefined; start: boolean; host: string | null },
  cluster: Cluster,
  env: Env,
): Admission {
  const uid = deriveId(env.incarnation, 'vm', request.vm, request.operation);
  if (existing) {
    if (existing.uid === uid) return again(request);
    return no('exists', `a VM named ${request.vm} exists already`, {
      field: 'name',
      remedy: 'choose another name, or delete that VM first',
    });
  }
  // It was made, and has another name since.
  if (cluster.vms().some((vm) => vm.uid === uid)) return again(request);
  const most = wrongMaximum(request.spec);
  if (most) return no('invalid', most.text, { field: most.field, remedy: most.remedy });
  const notItsOwn = wrongNetworks(request.spec, request, cluster);
  if (notItsOwn) return { change: null, reply: notItsOwn };
  const impossible = cannotEver(request.spec, cluster) ?? unknownHost(request.host, cluster);
  if (impossible) return impossible;
  const { cloneOf } = request;
  const made = cloneOf ? disksOfClone(cloneOf, request.spec, cluster) : newDisks(request.spec, cluster);
  if ('refusal' in made) return { change: null, reply: made.refusal };
  const { spec, bootsFromDisk, from = 'created' } = made;
  const volumes = made.disks.map((disk, index) => ({ volume: `${request.vm}-disk${index}-${uid}`, ...disk }));
  const { policy } = spec;
  const wrong =
    wrongPolicy(request.vm, policy, { pools: volumes.map((volume) => volume.pool), cluster }) ??
    wrongDependency(request.vm, policy.after, cluster);
  if (wrong) return no('invalid', wrong.text, { field: `policy.${wrong.field}`, remedy: wrong.remedy });
  const record: VmRecord = {
    ...noTransitions(env.incarnation, env.nowMs),
    name: request.vm,
    uid,
    spec,
    ...(bootsFromDisk ? { bootsFromDisk } : {}),
    ...request.words,
    project: request.project,
    volumes,
    desired: request.start ? 'running' : 'stopped',
    generation: 0,
    phase: 'provisioning',
    reason: '',
    assignment: null,
    migration: null,
    leftovers: [],
    force: false,
    reboot: null,
    operation: { id: request.operation, kind: 'create' },
    incident: null,
    wish: request.host,
    chosen: null,
    home: null,
    failures: { starts: 0, hosts: [] },
    phaseSinceMs: env.nowMs,
  };
  const text = `accepted; its volumes are being ${from}`;
  const room = request.start ? roomAfter(cluster, record, request.host) : null;
  if (room && 'reply' in room) return room;
  const warning = [room?.warning, onlyMetBy(spec, cluster)].filter((each) => each != null).join('; ');
  const told = { event: 'vm.requested', text, data: takenUp(record), ...(warning === '' ? {} : { warning }) };
  return yes(record, request, told, env);
}

/** What no host could ever satisfy is refused at once, naming the field. */
export function cannotEver(spec: VmSpec, cluster: Cluster): Admission | null {
  const capacities = cluster.hosts().flatMap(({ host, labels }) => {
    const capacity = cluster.observed(host)?.capacity;
    const overcommit = memoryOvercommitOf(cluster.settings(), labels);
    return capacity ? [{ ...capacity, memoryMiB: Math.floor(capacity.memoryMiB * overcommit) }] : [];
  });
  if (capacities.length === 0) return null;
  const memoryMiB = Math.max(...capacities.map((capacity) => capacity.memoryMiB));
  const cpus = Math.max(...capacities.map((capacity) => capacity.cpus));
  if (spec.memoryMiB > memoryMiB) {
    return no('no-capacity', `memoryMiB: ${spec.memoryMiB} is more than any host has`, {
      field: 'memoryMiB',
      remedy: `ask for at most ${memoryMiB} MiB, or add a larger host`,
    });
  }
  if (spec.cpus > cpus) {
    return no('no-capacity', `cpus: ${spec.cpus} is more than any host has`, {
      field: 'cpus',
      remedy: `ask for at most ${cpus} CPUs, or add a larger host`,
    });
  }
  const unmet = neverMet(spec, cluster);
  return unmet && no('no-capacity', unmet.text, { field: unmet.field, remedy: unmet.remedy });
}

function unknownHost(host: string | null, cluster: Cluster): Admission | null {
  if (host === null || cluster.host(host)) return null;
  const names = cluster.hosts().map((record) => record.host);
  return no('not-found', `there is no host named ${host}`, {
    field: 'host',
    remedy: `choose one of ${names.slice(0, 20).join(', ')}`,
  });
}

type Change = { patch: Partial<VmRecord>; text: string; warning?: string } | Admission;

export function admit(
  vm: VmRecord | null,
  request: VmRequest,
  kind: VmOperationKind,
  env: Env,
  change: (vm: VmRecord) => Change,
): Admission {
  if (!vm || vm.phase === 'deleted') {
    return no('not-found', `there is no VM named ${request.vm}`, { field: 'vm' });
  }
  const isKnown =
    vm.operation?.id === request.operation ||
    vm.transitions.some(({ operation }) => operation === request.operation);
  if (isKnown) return again(request);
  if (vm.desired === 'deleted') {
    return kind === 'delete' ? again(request) : no('conflict', `${vm.name} is being deleted`);
  }
  // Of its two records neither decides alone what becomes of it.
  const overrules = (kind === 'stop' || kind === 'delete') && vm.phase !== 'renaming';
  if (vm.operation && !overrules) {
    return no('conflict', `${vm.name} is busy: ${vm.operation.kind} is in progress`, {
      remedy: `wait for operation ${vm.operation.id} to end`,
    });
  }
  const result = change(vm);
  if ('reply' in result) return result;
  const superseded = vm.operation
    ? withTransition(vm, env.nowMs, {
        event: 'vm.overruled',
        text: `${vm.operation.kind} was overruled by ${kind}`,
        operation: vm.operation.id,
        data: { operationState: 'failed' },
      })
    : vm;
  const record = { ...superseded, ...result.patch, operation: { id: request.operation, kind } };
  const { text, warning } = result;
  return yes(record, request, { event: `vm.${kind}-requested`, text, warning }, env);
}

export function admitStart(
  vm: VmRecord | null,
  request: VmRequest & { host: string | null; discardMemory?: boolean | undefined },
  cluster: Cluster,
  env: Env,
): Admission {
  return admit(vm, request, 'start', env, (known) => {
    const unknown = unknownHost(request.host, cluster);
    if (unknown) return unknown;
    if (known.phase !== 'stopped' && known.phase !== 'failed' && known.phase !== 'waiting') {
      return no('conflict', `${known.name} is ${known.phase}, so it cannot be started`, {
        remedy: known.phase === 'running' ? 'it runs already' : 'wait until it is stopped',
      });
    }
    const clone = cloneInHand(known, cluster);
    if (clone) {
      return no('conflict', `${known.name} is being copied to ${clone.name}, and cannot run meanwhile`, {
        remedy: `wait until ${clone.name} is there, or delete it`,
      });
    }
    // An explicit start forgets why it was given up.
    const phase = known.phase === 'failed' && known.assignment === null ? 'stopped' : known.phase;
    const failures = { starts: 0, hosts: [] };
    if (known.phase === 'failed' && known.assignment) {
      return no('conflict', `${known.name} is still being cleaned up`, { remedy: 'try again shortly' });
    }
    const saved = request.discardMemory === true ? known.savedMemory : undefined;
    const patch = {
      desired: 'running' as const, phase, failures, guest: null, wish: request.host, home: null,
      ...(saved ? { savedMemory: { volume: saved.volume, state: 'spent' as const } } : {}),
    };
    const room = roomAfter(cluster, { ...known, ...patch }, request.host);
    return room && 'reply' in room ? room : { patch, text: 'asked to start', ...room };
  });
}

export function admitStop(
  vm: VmRecord | null,
  request: VmRequest & { force: boolean; overrules?: string | undefined },
  env: Env,
): Admission {
  return admit(vm, request, 'stop', env, (known) => {
    if (request.overrules !== undefined && known.operation?.id !== request.overrules) {
      return no('conflict', 'the operation has ended', { remedy: 'look at what became of it' });
    }
    if (known.phase === 'stopped' || (known.phase === 'failed' && known.desired === 'stopped')) {
      return no('conflict', `${known.name} is not running`, { remedy: 'there is nothing to stop' });
    }
    if (isPaused(known) && !request.force) return standsStill(known, 'power down', 'or stop it with --force');
    const text = request.force ? 'asked to stop at once' : 'asked to stop';
    return { patch: { desired: 'stopped', force: request.force }, text };
  });
}

export function admitReboot(
  vm: VmRecord | null,
  request: VmRequest & { force: boolean },
  env: Env,
): Admission {
  return admit(vm, request, 'reboot', env, (known) => {
    if (known.phase !== 'running') {
      return no('conflict', `${known.name} is ${known.phase}, so it cannot be rebooted`, {
        remedy: 'start it first',
      });
    }
    if (isPaused(known)) return standsStill(known, 'reboot', 'or stop it with --force and start it');
    return {
      patch: { reboot: { operation: request.operation, force: request.force } },
      text: 'asked to reboot',
    };
  });
}

export function admitMigrate(
  vm: VmRecord | null,
  request: VmRequest & { host: string | null },
  cluster: Cluster,
  env: Env,
): Admission {
  return admit(vm, request, 'migrate', env, (known) => {
    const unknown = unknownHost(request.host, cluster);
    if (unknown) return unknown;
    if (known.phase !== 'running') {
      return no('conflict', `${known.name} is ${known.phase}; only a running VM migrates`, {
        remedy: 'start it, or wait until it runs',
      });
    }
    if (isPaused(known)) return standsStill(known, 'move', 'or relocate it: it starts anew there');
    if (request.host === known.assignment?.host) return runsThere(known, request.host);
    return goingTo(request.host, env);
  });
}

export function admitRelocate(
  vm: VmRecord | null,
  request: VmRequest & { host: string },
  cluster: Cluster,
  env: Env,
): Admission {
  return admit(vm, request, 'relocate', env, (known) => {
    const unknown = unknownHost(request.host, cluster);
    if (unknown) return unknown;
    if (known.phase !== 'running') {
      return no('conflict', `${known.name} is ${known.phase}; only a running VM is relocated`, {
        remedy: 'start it, and name the host there',
      });
    }
    if (request.host === known.assignment?.host) return runsThere(known, request.host);
    return goingTo(request.host, env);
  });
}

function runsThere(vm: VmRecord, host: string): Admission {
  return no('conflict', `${vm.name} runs on ${host} already`, { field: 'host', remedy: 'name another host' });
}

function standsStill({ name }: VmRecord, what: string, otherwise: string): Admission {
  const remedy = `holdfast vm resume ${name} lets it go on; ${otherwise}`;
  return no('conflict', `${name} is paused, so it cannot ${what}`, { remedy });
}

/** What a person decides counts more than where it came from. */
function goingTo(host: string | null, env: Env): Change {
  const chosen = host === null ? null : { host, atMs: env.nowMs };
  return { patch: { wish: host, chosen }, text: `asked to move to ${host ?? 'a better host'}` };
}

export function admitDelete(vm: VmRecord | null, request: VmRequest, env: Env): Admission {
  return admit(vm, request, 'delete', env, (known) => {
    if (known.protected === true) {
      const more = { field: 'protected', remedy: `holdfast vm set ${known.name} --no-protect takes that back` };
      return no('conflict', `${known.name} is protected against deletion`, more);
    }
    return { patch: { desired: 'deleted', force: true }, text: 'asked to delete' };
  });
}

/** Refused, or warned of, as the settings say; null where all return after each loss that they name. */
export function roomAfter(cluster: Cluster, vm: VmRecord, wish: string | null): Admission | { warning: string } | null {
  const left = leftOutBy(cluster, vm, wish);
  if (!left) return null;
  const { text, remedy, isOpen } = left;
  if (cluster.settings().admission === 'refuse') return no(isOpen ? 'unavailable' : 'no-capacity', text, { remedy });
  return isOpen ? null : { warning: `${text}; what would cure it: ${remedy}` };
}

function yes(
  record: VmRecord,
  request: VmRequest,
  { event, text, data, warning }: {
    event: string; text: string; data?: Transition['data']; warning?: string | undefined;
  },
  env: Env,
): Admission {
  const change = withTransition(record, env.nowMs, {
    event,
    text: warning === undefined ? text : `${text}; ${warning}`.slice(0, 2000),
    operation: request.operation,
    data: { ...data, operationState: 'running', ...(warning === undefined ? {} : { leavesOut: true }) },
  });
  const { operation, vm } = request;
  return { change, reply: accepted({ operation, vm, ...(warning === undefined ? {} : { warning }) }) };
}

function again(request: VmRequest): Admission {
  return { change: null, reply: accepted({ operation: request.operation, vm: request.vm }) };
}

export function no(...args: Parameters<typeof refused>): Admission {
  return { change: null, reply: refused(...args) };
}
