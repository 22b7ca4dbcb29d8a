import type {
  ArmingView,
  DatabaseView,
  DrainView,
  HostView,
  IncidentView,
  ObservedView,
  OperationView,
  RuleView,
  StatusView,
  VmCopy,
  VmView,
  VolumeView,
} from '@holdfast/client';
import type { ServerOfBus } from '@holdfast/bus';
import {
  clusterKey,
  drainRemainingMs,
  eventOf,
  nicsOf,
  projectOf,
  traceIdOf,
  versionOf,
  storageLostReasons,
  type CloudEvent,
  type DrainRecord,
  type HostRecord,
  type IncidentLedger,
  type Observed,
  type OperationRecord,
  type RuleRecord,
  type TransitionRecord,
  type VmRecord,
  type VolumeRecord,
} from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import type { ApiConfig } from './config.js';
import { specView } from './cloud-init.js';
import type { ClusterView } from './cluster-view.js';
import { drillsToLookAt } from './drill-view.js';
import { missingTransitions, nounOf } from './event-history.js';
import type { ProjectScope } from './project-scope.js';
import { serverViews } from './redundancy.js';
import { singlePoints } from './single-points.js';
import { timelineOf } from './timeline.js';

/** A record without what only the machinery needs. */
function shown<T extends TransitionRecord>(
  record: T,
): Omit<T, 'transitions' | 'transitionCount' | 'derivedThrough' | 'incarnation'> {
  const {
    transitions: _a,
    transitionCount: _b,
    derivedThrough: _c,
    incarnation: _d,
    ...rest
  } = record;
  return rest;
}

function observedView(observed: Observed): ObservedView {
  const { bootId, epoch, startedAtMs, capacity, hypervisor, leaving, vms, staleCopies, atMs } = observed;
  const { watchdog = null } = observed;
  return { bootId, epoch, startedAtMs, capacity, hypervisor, leaving, vms, staleCopies, watchdog, atMs };
}

function drainView(drain: DrainRecord): DrainView {
  const { state, reason, startedAtMs, vmCount, left, stuck = 'leave', progress = null, shutDown = [] } = drain;
  const remainingMs = drainRemainingMs(drain);
  return { state, reason, startedAtMs, vmCount, left, stuck, progress, shutDown, remainingMs };
}

export function hostView(view: ClusterView, host: HostRecord): HostView {
  const seen = view.observed.value(host.host);
  const drain = view.drain(host.host);
  const version = versionOf({ ...host, uid: host.uuid });
  return { ...shown(host), version, observed: seen && observedView(seen), drain: drain && drainView(drain) };
}

export function ruleView(rule: RuleRecord): RuleView {
  return { ...shown(rule), version: versionOf(rule) };
}

function copiesOf(view: ClusterView, vm: VmRecord): VmCopy[] {
  return view.hostsSeeing(vm.name).flatMap((host) => {
    const copy = view.observed.value(host)?.vms[vm.name];
    if (!copy || copy.uid !== vm.uid) return [];
    const { generation, state, storageLost, guest = null } = copy;
    const reason = storageLost ? `its disks do not answer: ${storageLostReasons[storageLost.reason]}` : copy.reason;
    // What was said of a copy that has ended, or is on the move, says nothing of now.
    return [{ host, generation, state, reason, guest: state === 'running' ? guest : null }];
  });
}

export function vmView(view: ClusterView, vm: VmRecord, scope: ProjectScope): VmView {
  const [project, spec, copies] = [projectOf(vm), specView(vm.spec), copiesOf(view, vm)];
  const nics = nicsOf(vm.spec).map((each) => ({ ...each, macAddress: deriveMacAddress(vm.uid, each.nic) }));
  return scope.vmShown({ ...shown(vm), project, spec, copies, nics, version: versionOf(vm) });
}

/** Null: its VM is not there (any more). */
export function projectOfVolume(view: ClusterView, volume: VolumeRecord): string | null {
  const owner = view.ownerOf(volume);
  return owner && projectOf(owner);
}

export function operationView(operation: OperationRecord, scope: ProjectScope): OperationView {
  const { traceparent, ...rest } = operation;
  const reason = scope.text(operation.reason, [operation.vm]);
  return { ...rest, project: projectOf(operation), reason, traceId: traceIdOf(traceparent) };
}

export function volumeView(view: ClusterView, volume: VolumeRecord): VolumeView {
  const attachment = view.attachments.value(volume.volume);
  const present = attachment?.state === 'active' ? shown(attachment) : null;
  return { ...shown(volume), project: projectOfVolume(view, volume), attachment: present };
}

/** The stream's events about a VM and what its record adds to them, oldest first. */
export function vmEvents(view: ClusterView, vm: VmRecord): CloudEvent[] {
  const about = { service: 'scheduler', noun: 'vm', key: vm.name, identity: vm.uid };
  // By uid, as its name may have been another one's before, and it may have had another one itself.
  const events = view.history.select((event) => event.id.includes(`.vm.${vm.uid}.`));
  const missing = missingTransitions(vm, events).map((transition) =>
    eventOf(vm, transition, about),
  );
  return [...events, ...missing].sort((a, b) => a.data.atMs - b.data.atMs);
}

export function incidentView(view: ClusterView, ledger: IncidentLedger): IncidentView {
  const ofIncident = (event: CloudEvent): boolean => event.data.incident === ledger.id;
  // What the host's own events say is in the ledger already.
  const past = view.history.select(
    (event) => ofIncident(event) && ['vm', 'attachment'].includes(nounOf(event)),
  );
  const known = new Set(past.map(({ id }) => id));
  const recent = view.vms
    .values()
    .flatMap((vm) => vmEvents(view, vm))
    .filter((event) => ofIncident(event) && !known.has(event.id));
  // One that is being renamed says the same twice.
  const once = new Map(recent.map((event) => [event.id, event])).values();
  return { ...ledger, timeline: timelineOf(ledger, [...past, ...once]) };
}

function countBy<T, K extends string>(
  items: readonly T[],
  key: (item: T) => K,
): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function arming(view: ClusterView): ArmingView {
  const record = view.clusters.value(clusterKey);
  if (!record) {
    const never = { sinceMs: null, restoredAtMs: null };
    return { armed: true, shadow: false, reason: '', by: '', ...never, reconciled: true };
  }
  const { armed, shadow = false, reason, by, sinceMs, restoredAtMs, reconciled } = record;
  return { armed, shadow, reason, by, sinceMs, restoredAtMs, reconciled };
}

function unknownIn(view: ClusterView): StatusView['unknown'] {
  const uids = new Set(view.vms.values().map(({ uid }) => uid));
  const copies = view.observed.values().flatMap(({ host, staleCopies }) =>
    staleCopies
      .filter(({ uid }) => !uids.has(uid))
      .map(({ vm, generation }) => ({ host, vm, generation })),
  );
  const volumes = view.pools.values().flatMap(({ unknownVolumes }) => unknownVolumes ?? []);
  return { volumes, copies };
}

export function statusView(
  view: ClusterView,
  config: Pick<ApiConfig, 'incarnation' | 'nats' | 'apiReplicas' | 'controlNodes'>,
  bus: { servers: readonly ServerOfBus[]; leaderless: string[] },
  database: DatabaseView,
): StatusView {
  const hosts = view.hosts.values();
  const vms = view.presentVms();
  const pools = view.pools.values();
  const services = view.services(config.controlNodes);
  const servers = serverViews(bus.servers, config.nats.servers);
  const capacities = view.observed.values().map(({ capacity }) => capacity);
  const assigned = vms.filter((vm) => vm.assignment !== null);
  const replicas = (service: string): number =>
    services.filter((heard) => heard.service === service && heard.alive).length;
  return {
    incarnation: config.incarnation,
    arming: arming(view),
    hosts: { total: hosts.length, byHealth: countBy(hosts, (host) => host.health) },
    capacity: {
      cpus: sum(capacities.map(({ cpus }) => cpus)),
      memoryMiB: sum(capacities.map(({ memoryMiB }) => memoryMiB)),
      assignedCpus: sum(assigned.map((vm) => vm.spec.cpus)),
      assignedMemoryMiB: sum(assigned.map((vm) => vm.spec.memoryMiB)),
    },
    vms: { total: vms.length, byPhase: countBy(vms, (vm) => vm.phase) },
    volumes: { total: view.presentVolumes().length },
    pools: pools.map(({ pool, node, capacityBytes, freeBytes, revocable }) => ({
      pool,
      node,
      capacityBytes,
      freeBytes,
      revocable,
    })),
    unknown: unknownIn(view),
    openIncidents: view.incidents
      .values()
      .filter(({ state }) => state !== 'closed')
      .map(({ id }) => id),
    drills: drillsToLookAt(view.drills.values()),
    runningOperations: view.operations.values().filter(({ state }) => state === 'running').length,
    services,
    servers,
    leaderless: bus.leaderless,
    apis: config.apiReplicas,
    database,
    singlePoints: singlePoints({
      natsServers: {
        total: servers.length,
        alive: servers.filter(({ alive }) => alive).length,
      },
      apiReplicas: config.apiReplicas,
      replicas: { scheduler: replicas('scheduler'), failover: replicas('failover') },
      storageNodes: [...new Set(pools.map(({ node }) => node))],
      onlineHosts: hosts.filter(({ health, admin }) => health === 'online' && admin === 'active')
        .length,
    }),
  };
}
