/** Small records and views for the tests of this core. */
import {
  defaultSettings,
  noTransitions,
  vmSpecSchema,
  type Arming,
  type AttachmentRecord,
  type DrainRecord,
  type Evidence,
  type Holder,
  type HostRecord,
  type NetworkRecord,
  type Observed,
  type ObservedVm,
  type PoolRecord,
  type Reply,
  type RuleRecord,
  type RuleSpec,
  type Settings,
  type VmRecord,
  type VolumeRecord,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import type { Cluster, VmView } from '../index.js';

export const nowMs = 1_000_000;
export const env: Env = { nowMs, random: randomStream('test'), incarnation: 'inc1' };
const history = noTransitions('inc1', nowMs);
const uuidOf = (name: string): string => `00000000-0000-4000-8000-0000000000${name.slice(-1)}0`;

export function vmRecord(patch: Partial<VmRecord> = {}): VmRecord {
  return {
    ...history,
    name: 'web1',
    uid: 'uid1',
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 }),
    volumes: [{ volume: 'disk', pool: 'san', node: 'san1', sizeMiB: 64 }],
    desired: 'running',
    generation: 1,
    phase: 'running',
    reason: '',
    assignment: { host: 'h1', hostEpoch: 2, generation: 1 },
    migration: null,
    leftovers: [],
    force: false,
    reboot: null,
    operation: null,
    incident: null,
    wish: null,
    chosen: null,
    home: null,
    failures: { starts: 0, hosts: [] },
    phaseSinceMs: nowMs,
    ...patch,
  };
}

export function hostRecord(host: string, patch: Partial<HostRecord> = {}): HostRecord {
  return {
    ...history,
    host,
    uuid: uuidOf(host),
    bootId: uuidOf(`${host}1`),
    pastBootIds: [],
    epoch: 2,
    health: 'online',
    admin: 'active',
    labels: {},
    addresses: { management: '10.0.0.1', storage: '10.1.0.1' },
    probePort: 1,
    power: { state: 'verified', detail: '' },
    reason: '',
    evidence: [],
    incident: null,
    ...patch,
  };
}

export function evidence(kind: Evidence['kind'], patch: Partial<Evidence> = {}): Evidence {
  return { kind, epoch: 3, atMs: nowMs, detail: '', voidedAtMs: null, ...patch };
}

export function copy(generation: number, state: ObservedVm['state'], patch: Partial<ObservedVm> = {}): ObservedVm {
  return {
    uid: 'uid1',
    generation,
    hostEpoch: 2,
    state,
    reason: '',
    sinceMs: nowMs,
    reboot: null,
    migration: null,
    ...patch,
  };
}

export function observed(host: string, vms: Record<string, ObservedVm> = {}, patch: Partial<Observed> = {}): Observed {
  return {
    host,
    uuid: uuidOf(host),
    bootId: uuidOf(`${host}1`),
    incarnation: 'inc1',
    epoch: 2,
    startedAtMs: 0,
    sealKey: 'key',
    capacity: { cpus: 4, memoryMiB: 4096 },
    addresses: { management: '10.0.0.1', storage: '10.1.0.1' },
    probePort: 1,
    hypervisor: 'connected',
    leaving: false,
    vms,
    staleCopies: [],
    atMs: nowMs,
    ...patch,
  };
}

export function holder(host: string, generation: number, phase: Holder['phase'] = 'open'): Holder {
  return {
    host,
    hostEpoch: 2,
    generation,
    phase,
    iqn: `iqn:disk.g${generation}`,
    lun: 1,
    portalAddress: '10.1.0.9',
    portalPort: 3260,
    chapUser: `disk.g${generation}`,
    floors: { generation: null, hostEpoch: null },
  };
}

export function attachment(holders: Holder[], patch: Partial<AttachmentRecord> = {}): AttachmentRecord {
  return {
    ...history,
    volume: 'disk',
    node: 'san1',
    vm: 'web1',
    mode: holders.length === 2 ? 'migrating' : 'single',
    holders,
    newest: Math.max(0, ...holders.map(({ generation }) => generation)),
    state: 'active',
    revoked: null,
    ...patch,
  };
}

export function volumeRecord(patch: Partial<VolumeRecord> = {}): VolumeRecord {
  const spec = { volume: 'disk', pool: 'san', node: 'san1', vm: 'web1', sizeMiB: 64, image: 'tiny' };
  return { ...history, ...spec, state: 'ready', reason: '', ...patch };
}

export const pool: PoolRecord = {
  pool: 'san',
  node: 'san1',
  portal: { address: '10.1.0.9', port: 3260 },
  capacityBytes: 1e12,
  freeBytes: 1e12,
  revocable: true,
  heartbeatPort: 1,
  startedAtMs: 0,
};

export function ruleRecord(id: string, spec: RuleSpec): RuleRecord {
  return { ...history, id, uid: `${id}-uid`, spec, state: 'active' };
}

/** Null: it is shared. */
export function networkRecord(name: string, project: string | null, patch: Partial<NetworkRecord> = {}): NetworkRecord {
  return { ...history, name, uid: `${name}-uid`, ...(project !== null && { project }), state: 'active', ...patch };
}

export function drainRecord(host: string, patch: Partial<DrainRecord> = {}): DrainRecord {
  const drain = { host, uid: `${host}-uid`, reason: '', startedAtMs: nowMs, vmCount: 1, left: [] };
  return { ...history, ...drain, state: 'draining', ...patch };
}

export interface Facts {
  hosts: HostRecord[];
  observed: Observed[];
  volumes: VolumeRecord[];
  attachments: AttachmentRecord[];
  pools: PoolRecord[];
  vms: VmRecord[];
  networks: NetworkRecord[];
  rules: RuleRecord[];
  drains: DrainRecord[];
  /** VMs whose last change is not stored yet. */
  unstored: string[];
  settings: Settings;
  arming: Arming;
}

/** Two hosts, both online and idle, and one revocable pool, unless said otherwise. */
export function clusterOf(facts: Partial<Facts> = {}): Cluster {
  const all: Facts = {
    hosts: [hostRecord('h1'), hostRecord('h2')],
    observed: [observed('h1'), observed('h2')],
    volumes: [volumeRecord()],
    attachments: [],
    pools: [pool],
    vms: [],
    networks: [],
    rules: [],
    drains: [],
    unstored: [],
    settings: defaultSettings,
    arming: { armed: true, text: '', reconciles: true },
    ...facts,
  };
  return {
    arming: () => all.arming,
    host: (name) => all.hosts.find(({ host }) => host === name) ?? null,
    hosts: () => all.hosts.filter(({ incarnation }) => incarnation === env.incarnation),
    foreignHosts: () => all.hosts.filter(({ incarnation }) => incarnation !== env.incarnation),
    observed: (name) => all.observed.find(({ host }) => host === name) ?? null,
    volume: (id) => all.volumes.find(({ volume }) => volume === id) ?? null,
    attachment: (id) => all.attachments.find(({ volume }) => volume === id) ?? null,
    pool: (name) => all.pools.find((each) => each.pool === name) ?? null,
    pools: () => all.pools,
    vms: () => all.vms,
    vm: (name) => all.vms.find((each) => each.name === name) ?? null,
    isStored: (name) => !all.unstored.includes(name),
    networks: () => all.networks,
    network: (name) => all.networks.find((each) => each.name === name) ?? null,
    rules: () => all.rules,
    settings: () => all.settings,
    drain: (name) => all.drains.find(({ host }) => host === name) ?? null,
  };
}

export function viewOf(
  vm: VmRecord,
  facts: Partial<Facts> = {},
  answers: Record<string, Reply<unknown>> = {},
  atMs = nowMs,
): VmView {
  return {
    vm,
    cluster: clusterOf(facts),
    env: { ...env, nowMs: atMs },
    answer: (key) => (answers[key] ? { atMs, reply: answers[key] } : null),
  };
}
