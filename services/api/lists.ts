import type { DrillView, HostView, IncidentView, OperationView, RuleView, VmView, VolumeView } from '@holdfast/client';
import { isPaused, isSuspended, projectOf, traceIdOf } from '@holdfast/contracts';
import type {
  DrillRecord, HostRecord, IncidentLedger, OperationRecord, RuleRecord, VmRecord, VolumeRecord,
} from '@holdfast/contracts';
import type { ClusterView } from './cluster-view.js';
import { drillView } from './drill-view.js';
import type { Listing } from './http/list.js';
import type { Column } from './http/list-filter.js';
import type { ProjectScope } from './project-scope.js';
import { hostView, incidentView, operationView, projectOfVolume, ruleView, vmView, volumeView } from './views.js';

function text<T>(of: (item: T) => string | null): Column<T> {
  return { type: 'text', of };
}

function number<T>(of: (item: T) => number | null): Column<T> {
  return { type: 'number', of };
}

function flag<T>(of: (item: T) => boolean): Column<T> {
  return { type: 'flag', of };
}

export const vmList = (view: ClusterView, scope: ProjectScope): Listing<VmRecord, VmView> => ({
  key: ({ name }) => name,
  keyColumn: 'name',
  columns: {
    name: text(({ name }) => name),
    phase: text(({ phase }) => phase),
    project: text(projectOf),
    wanted: text(({ desired }) => desired),
    host: text(({ assignment }) => assignment?.host ?? null),
    cpus: number(({ spec }) => spec.cpus),
    memoryMiB: number(({ spec }) => spec.memoryMiB),
    diskMiB: number(({ spec }) => spec.disks.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0)),
    image: text(({ spec }) => spec.image),
    network: text(({ spec }) => spec.network),
    priority: number(({ spec }) => spec.policy.priority),
    restart: text(({ spec }) => spec.policy.restart),
    labels: { type: 'labels', of: ({ labels }) => labels ?? {} },
    paused: flag(isPaused),
    suspended: flag(isSuspended),
    protected: flag((vm) => vm.protected === true),
    incident: text(({ incident }) => incident),
    phaseSinceMs: number(({ phaseSinceMs }) => phaseSinceMs),
    reason: text(({ reason }) => scope.text(reason)),
  },
  view: (vm) => vmView(view, vm, scope),
});

export const hostList = (view: ClusterView): Listing<HostRecord, HostView> => ({
  key: ({ host }) => host,
  columns: {
    host: text(({ host }) => host),
    health: text(({ health }) => health),
    admin: text(({ admin }) => admin),
    condition: text(({ condition }) => condition?.kind ?? null),
    drained: flag(({ host }) => view.drain(host)?.state === 'drained'),
    power: text(({ power }) => power.state),
    incident: text(({ incident }) => incident?.id ?? null),
    cpus: number(({ host }) => view.observed.value(host)?.capacity.cpus ?? null),
    memoryMiB: number(({ host }) => view.observed.value(host)?.capacity.memoryMiB ?? null),
    labels: { type: 'labels', of: ({ labels }) => labels },
  },
  view: (host) => hostView(view, host),
});

export const volumeList = (view: ClusterView, scope: ProjectScope): Listing<VolumeRecord, VolumeView> => ({
  key: ({ volume }) => volume,
  columns: {
    volume: text(({ volume }) => volume),
    vm: text(({ vm }) => vm),
    project: text((volume) => projectOfVolume(view, volume)),
    pool: text(({ pool }) => pool),
    node: text(({ node }) => node),
    state: text(({ state }) => state),
    sizeMiB: number(({ sizeMiB }) => sizeMiB),
    host: text(({ volume }) => view.attachments.value(volume)?.holders.at(-1)?.host ?? null),
  },
  view: (volume) => scope.sourceShown(volumeView(view, volume)),
});

export const incidentList = (view: ClusterView): Listing<IncidentLedger, IncidentView> => ({
  key: ({ id }) => id,
  columns: {
    id: text(({ id }) => id),
    host: text(({ host }) => host),
    state: text(({ state }) => state),
    verdict: text(({ verdict }) => verdict),
    openedAtMs: number(({ openedAtMs }) => openedAtMs),
    provenAtMs: number(({ provenAtMs }) => provenAtMs),
    closedAtMs: number(({ closedAtMs }) => closedAtMs),
  },
  view: (incident) => incidentView(view, incident),
  sort: '-openedAtMs',
});

export const operationList = (scope: ProjectScope): Listing<OperationRecord, OperationView> => ({
  key: ({ id }) => id,
  columns: {
    id: text(({ id }) => id),
    kind: text(({ kind }) => kind),
    vm: text(({ vm }) => vm),
    project: text(projectOf),
    state: text(({ state }) => state),
    startedAtMs: number(({ startedAtMs }) => startedAtMs),
    endedAtMs: number(({ endedAtMs }) => endedAtMs),
    traceId: text(({ traceparent }) => traceIdOf(traceparent)),
  },
  view: (operation) => operationView(operation, scope),
  sort: '-startedAtMs',
});

export const ruleList: Listing<RuleRecord, RuleView> = {
  key: ({ id }) => id,
  columns: {
    id: text(({ id }) => id),
    kind: text(({ spec }) => spec.kind),
    strict: flag(({ spec }) => spec.strict ?? true),
  },
  view: ruleView,
};

export const drillList: Listing<DrillRecord, DrillView> = {
  key: ({ host }) => host,
  columns: {
    host: text(({ host }) => host),
    stage: text(({ stage }) => stage),
    begunAtMs: number(({ begunAtMs }) => begunAtMs),
    endedAtMs: number(({ endedAtMs }) => endedAtMs),
    expiresAtMs: number(({ expiresAtMs }) => expiresAtMs),
  },
  view: drillView,
};
