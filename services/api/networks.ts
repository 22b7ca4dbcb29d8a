/** Guest networks as people see them: what hosts offer, with the record of it where there is one. */
import type { NetworkView } from '@holdfast/client';
import { isShared, networksOf, versionOf, type NetworkRecord } from '@holdfast/contracts';
import type { ClusterView } from './cluster-view.js';
import type { Listing } from './http/list.js';
import type { ProjectScope } from './project-scope.js';

const namedAtMost = 100;

/** Names of the VMs on each, in their order: only of those that may be seen. */
type Used = ReadonlyMap<string, readonly string[]>;

/** Null: there is no record of it. */
export interface GuestNetwork {
  name: string;
  record: NetworkRecord | null;
}

/** Those of the projects in question and those that are shared; without a record for the whole cluster only. */
export function networksFor(view: ClusterView, scope: ProjectScope, used: Used): GuestNetwork[] {
  const offered = view.observed.values().flatMap(({ capacity }) => Object.keys(capacity.networks ?? {}));
  const recorded = view.presentNetworks().map(({ name }) => name);
  const names = new Set([...offered, ...recorded, ...used.keys()]);
  const all = [...names].map((name) => ({ name, record: view.network(name) }));
  return all.filter(({ name, record }) =>
    isShared(name, record) || (record ? scope.has(record.project ?? null) : scope.isAll));
}

export function networkList(view: ClusterView, used: Used): Listing<GuestNetwork, NetworkView> {
  return {
    key: ({ name }) => name,
    columns: {
      name: { type: 'text', of: ({ name }) => name },
      project: { type: 'text', of: ({ record }) => record?.project ?? null },
      shared: { type: 'flag', of: ({ name, record }) => isShared(name, record) },
      recorded: { type: 'flag', of: ({ record }) => record !== null },
      labels: { type: 'labels', of: ({ record }) => record?.labels ?? {} },
      vmCount: { type: 'number', of: ({ name }) => used.get(name)?.length ?? 0 },
    },
    view: (network) => networkView(view, network, used),
  };
}

export function networkView(
  view: ClusterView,
  { name, record }: GuestNetwork,
  used: Used,
): NetworkView {
  const hosts = view.observed.values().flatMap(({ host, capacity }) => {
    const state = capacity.networks?.[name];
    return state === undefined ? [] : [{ host, state }];
  });
  const vms = used.get(name) ?? [];
  return {
    name,
    recorded: record !== null,
    shared: isShared(name, record),
    project: record?.project ?? null,
    changing: record?.state === 'closing',
    note: record?.note ?? '',
    labels: record?.labels ?? {},
    hosts: hosts.sort((a, b) => (a.host < b.host ? -1 : 1)),
    vmCount: vms.length,
    vms: vms.slice(0, namedAtMost),
    version: record && versionOf(record),
  };
}

export function usedBy(scope: ProjectScope): Used {
  const used = new Map<string, string[]>();
  for (const { name, spec } of scope.seenVms()) {
    for (const network of networksOf(spec)) {
      const names = used.get(network);
      if (names) names.push(name);
      else used.set(network, [name]);
    }
  }
  for (const names of used.values()) names.sort();
  return used;
}
