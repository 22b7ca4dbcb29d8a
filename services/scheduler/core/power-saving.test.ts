import { defaultSettings, type HostRecord, type HostSleep, type Settings, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { lookPower, planPower, type PowerPlan } from './power-saving.js';
import { env, hostRecord, nowMs, observed, vmRecord } from './testing/records.js';
import type { Cluster } from './cluster.js';

const saving: Settings = { ...defaultSettings, policy: 'power-saving', admission: 'off', powerSpareHosts: 0 };
const sleep: HostSleep = { stage: 'off', sinceMs: 0, reason: 'idle', wakeWithinMs: 300_000 };

interface Facts {
  hosts: HostRecord[];
  vms?: VmRecord[];
  settings?: Partial<Settings>;
  patch?: Partial<Cluster>;
}

function clusterOf({ hosts, vms = [], settings = {}, patch = {} }: Facts): Cluster {
  const all = { ...saving, ...settings };
  const rules: never[] = [];
  return {
    arming: () => ({ armed: true, text: '', reconciles: true }),
    host: (name) => hosts.find(({ host }) => host === name) ?? null,
    hosts: () => hosts,
    foreignHosts: () => [],
    observed: (name) => observed(name),
    volume: () => null,
    attachment: () => null,
    pool: () => null,
    pools: () => [],
    vms: () => vms,
    isStored: () => true,
    vm: (name) => vms.find((vm) => vm.name === name) ?? null,
    networks: () => [],
    network: () => null,
    rules: () => rules,
    settings: () => all,
    drain: () => null,
    ...patch,
  };
}

/** All hosts were empty for a day. */
function plan(facts: Facts, carriers: string[] = []): PowerPlan {
  const emptySinceMs = new Map(facts.hosts.map(({ host }) => [host, nowMs - 86_400_000]));
  return planPower({ cluster: clusterOf(facts), env, carriers: new Set(carriers), emptySinceMs });
}

const asleepHost = (host: string, patch: Partial<HostSleep> = {}): HostRecord =>
  hostRecord(host, { health: 'asleep', sleep: { ...sleep, ...patch } });

/** On h1 unless it says otherwise; `memoryMiB` of the 4096 of each host. */
const vm = (name: string, memoryMiB: number, patch: Partial<VmRecord> = {}): VmRecord => {
  const base = vmRecord({ name, uid: name, ...patch });
  return { ...base, spec: { ...base.spec, memoryMiB } };
};
const waits = { phase: 'waiting', assignment: null } as const;

describe('a host may sleep', () => {
  const hosts = [hostRecord('h1'), hostRecord('h2'), hostRecord('h3')];
  const vms = [vm('vm1', 1024)];

  test('when it is empty: the last by name, one at a time', () => {
    expect(plan({ hosts, vms }).sleep?.host).toBe('h3');
    const closing = hostRecord('h3', { sleep: { ...sleep, stage: 'closing' } });
    expect(plan({ hosts: [...hosts.slice(0, 2), closing], vms }).sleep).toBe(null);
  });

  test.each([
    ['it was empty not long enough', {}, { emptySinceMs: new Map([['h2', nowMs - 599_999], ['h3', nowMs - 599_999]]) }],
    ['nothing is known of since when', {}, { emptySinceMs: new Map() }],
  ])('not while %s', (_why, settings, view) => {
    const cluster = clusterOf({ hosts, vms, settings });
    expect(planPower({ cluster, env, carriers: new Set(), ...view }).sleep).toBe(null);
  });

  const down = { kind: 'agent-down' as const, sinceMs: 0, text: '', alertedAtMs: null };
  const drained = { state: 'drained' } as ReturnType<Cluster['drain']>;
  test.each<[string, Partial<Facts>]>([
    ['another policy', { settings: { policy: 'packed' } }],
    ['as many empty hosts are to stay awake', { settings: { powerSpareHosts: 2 } }],
    ['the cluster is disarmed', { patch: { arming: () => ({ armed: false, text: 'no', reconciles: false }) } }],
    ['a host is suspect', { hosts: [hostRecord('h1', { health: 'suspect' }), ...hosts.slice(1)] }],
    ['a host is in a bad condition', { hosts: [hostRecord('h1', { condition: down }), ...hosts.slice(1)] }],
    ['a host is worked on', { patch: { drain: (host) => (host === 'h2' ? drained : null) } }],
    ['a VM waits', { vms: [...vms, vm('vm2', 99_999, waits)] }],
    ['records come from a backup', { patch: { foreignHosts: () => [hostRecord('h9')] } }],
  ])('not with: %s', (_why, facts) => {
    expect(plan({ hosts, vms, ...facts }).sleep).toBe(null);
  });

  test.each<[string, Partial<HostRecord>]>([
    ['has no power switch that is its own', { power: { state: 'mismatch', detail: '' } }],
    ['says that it is to stay on', { labels: { powerSaving: 'off' } }],
    ['is held off', { flapping: { returns: [], holdOffCount: 1, heldOffUntilMs: nowMs + 1 } }],
  ])('but not one that %s', (_what, patch) => {
    expect(plan({ hosts: hosts.map((host) => (host.host === 'h3' ? { ...host, ...patch } : host)), vms }).sleep?.host)
      .toBe('h2');
  });

  test('but none that carries services, stores volumes, or is where a VM returns to', () => {
    expect(plan({ hosts, vms }, ['h3']).sleep?.host).toBe('h2');
    const pools = (): ReturnType<Cluster['pools']> => [{ node: 'h3' } as ReturnType<Cluster['pools']>[number]];
    expect(plan({ hosts, vms, patch: { pools } }).sleep?.host).toBe('h2');
    expect(plan({ hosts, vms: [vm('vm1', 1024, { home: 'h3' })] }).sleep?.host).toBe('h2');
    const to = { host: 'h3', hostEpoch: 2, generation: 2 };
    const moves = vm('vm1', 1024, { phase: 'migrating', migration: { to, stage: 'opening' } as VmRecord['migration'] });
    expect(plan({ hosts, vms: [moves] }).sleep?.host).toBe('h2');
  });

  test('only if each loss that is survived now is survived without it', () => {
    const settings = { admission: 'warn' } as const;
    expect(plan({ hosts, vms: [vm('vm1', 3000)], settings }).sleep?.host).toBe('h3');
    const two = [vm('vm1', 3000), vm('vm2', 3000, { assignment: { host: 'h2', hostEpoch: 2, generation: 1 } })];
    expect(plan({ hosts, vms: two, settings })).toMatchObject({ sleep: null, unproven: 'h3', wake: [] });
  });

  test('although a loss is not survived now, if it makes no difference to that', () => {
    const settings = { admission: 'warn' } as const;
    const four = [...hosts, hostRecord('h4')];
    const wide = vm('vm1', 1024);
    const never = { ...wide, spec: { ...wide.spec, cpus: 4, memoryMiB: 99_999 } };
    expect(plan({ hosts: four, vms: [never], settings }).sleep?.host).toBe('h4');
  });

  test('and starts to be idle anew when it could not', () => {
    const settings = { admission: 'warn' } as const;
    const two = [vm('vm1', 3000), vm('vm2', 3000, { assignment: { host: 'h2', hostEpoch: 2, generation: 1 } })];
    const cluster = clusterOf({ hosts, vms: two, settings });
    const look = lookPower({ cluster, env, carriers: new Set(), emptySinceMs: new Map([['h3', 0]]) });
    expect(look.asks).toEqual([]);
    expect(look.emptySinceMs.get('h3')).toBe(nowMs);
  });
});

describe('a host is woken', () => {
  const hosts = [hostRecord('h1'), asleepHost('h2'), asleepHost('h3')];
  const names = (facts: Facts): string[] => plan(facts).wake.map(({ host }) => host);

  test('by a VM that finds room nowhere else, each upon those before it', () => {
    const full = vm('vm1', 4096);
    expect(names({ hosts, vms: [full, vm('vm2', 1024, waits)] })).toEqual(['h2']);
    expect(names({ hosts, vms: [full, vm('vm2', 3000, waits), vm('vm3', 3000, waits)] })).toEqual(['h2', 'h3']);
    expect(names({ hosts, vms: [full, vm('vm2', 1024, waits), vm('vm3', 1024, waits)] })).toEqual(['h2']);
  });

  test('not by one that has room, or finds none there either', () => {
    expect(names({ hosts, vms: [vm('vm2', 1024, waits)] })).toEqual([]);
    expect(names({ hosts, vms: [vm('vm1', 4096), vm('vm2', 99_999, waits)] })).toEqual([]);
  });

  test('not while another that wakes has the room', () => {
    const waking = [hosts[0] as HostRecord, asleepHost('h2', { stage: 'waking' }), asleepHost('h3')];
    const vms = [vm('vm1', 4096), vm('vm2', 1024, waits)];
    expect(names({ hosts: waking, vms })).toEqual([]);
    const failed = [hosts[0] as HostRecord, asleepHost('h2', { stage: 'waking', failedAtMs: 1 }), asleepHost('h3')];
    expect(names({ hosts: failed, vms })).toEqual(['h3']);
  });

  test('before it is needed: when too few empty hosts are awake, or another policy is set', () => {
    const vms = [vm('vm1', 1024)];
    expect(names({ hosts, vms })).toEqual([]);
    expect(names({ hosts, vms, settings: { powerSpareHosts: 1 } })).toEqual(['h2']);
    expect(names({ hosts, vms, settings: { policy: 'balanced' } })).toEqual(['h2']);
  });

  test('when a loss would be survived with it and is not now', () => {
    const settings = { admission: 'warn' } as const;
    expect(names({ hosts, vms: [vm('vm1', 1024)], settings })).toEqual(['h2']);
    const wide = [hostRecord('h1'), hostRecord('h2'), asleepHost('h3')];
    expect(names({ hosts: wide, vms: [vm('vm1', 1024)], settings })).toEqual([]);
    expect(names({ hosts: wide, vms: [vm('vm1', 99_999)], settings })).toEqual([]);
  });

  test('not while it is worked on, nor in a cluster that is disarmed', () => {
    const vms = [vm('vm1', 4096), vm('vm2', 1024, waits)];
    const arming = (): ReturnType<Cluster['arming']> => ({ armed: false, text: 'no', reconciles: false });
    expect(names({ hosts, vms, patch: { arming } })).toEqual([]);
    const kept = [hosts[0] as HostRecord, { ...asleepHost('h2'), admin: 'maintenance' as const }];
    expect(names({ hosts: kept, vms })).toEqual([]);
  });

  test('also while it is only about to be switched off', () => {
    const closing = hostRecord('h2', { sleep: { ...sleep, stage: 'closing' } });
    const vms = [vm('vm1', 4096), vm('vm2', 1024, waits)];
    expect(names({ hosts: [hostRecord('h1'), closing], vms })).toEqual(['h2']);
  });

  test('and what is asked of failover is of the record that was looked at', () => {
    const vms = [vm('vm1', 4096), vm('vm2', 1024, waits)];
    const cluster = clusterOf({ hosts: hosts.map((host) => ({ ...host, transitionCount: 7 })), vms });
    const { asks } = lookPower({ cluster, env, carriers: new Set(), emptySinceMs: new Map() });
    expect(asks).toEqual([
      { name: 'host-wake', request: { host: 'h2', after: 7, reason: 'vm2 finds room nowhere else' } },
    ]);
  });
});
