/** Small clusters of every kind, as fast-check makes and shrinks them. */
import {
  defaultSettings,
  vmSpecSchema,
  type DrainRecord,
  type HostCapacity,
  type HostRecord,
  type Observed,
  type RuleSpec,
  type Settings,
  type VmNeeds,
  type VmRecord,
} from '@holdfast/contracts';
import fc from 'fast-check';
import { drainRecord, hostRecord, observed, ruleRecord, vmRecord, type Facts } from './records.js';

export const hostNames = ['h1', 'h2', 'h3', 'h4', 'h5'];
export const vmNames = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8'];

const anyHost = fc.constantFrom(...hostNames);
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });

export const anyHostRecord = (name: string): fc.Arbitrary<HostRecord> =>
  fc
    .record({
      health: fc.oneof({ weight: 5, arbitrary: fc.constant('online' as const) }, fc.constantFrom('suspect', 'fenced')),
      admin: fc.oneof({ weight: 5, arbitrary: fc.constant('active' as const) }, fc.constant('maintenance' as const)),
      heldOff: fc.boolean(),
      rack: fc.constantFrom('r1', 'r2', null),
    })
    .map(({ health, admin, heldOff, rack }) => {
      const flapping = { returns: [], holdOffCount: 1, heldOffUntilMs: heldOff ? 60_000 : null };
      const labels: Record<string, string> = rack === null ? {} : { rack };
      return hostRecord(name, { health: health as HostRecord['health'], admin, flapping, labels });
    });

export const anyReport = (name: string): fc.Arbitrary<Observed> =>
  fc
    .record({
      cpus: fc.integer({ min: 1, max: 4 }),
      memoryMiB: fc.integer({ min: 1, max: 8 }).map((units) => units * 512),
      leaving: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
      isCutOff: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
      offers: anyOffers,
    })
    .map(({ cpus, memoryMiB, leaving, isCutOff, offers }) => {
      const { '2M': small = 0, '1G': large = 0 } = offers.hugePagesMiB ?? {};
      const capacity = { cpus, ...offers, memoryMiB: memoryMiB + small + large };
      return observed(name, {}, { capacity, leaving, lostPools: isCutOff ? { san: 1 } : {} });
    });

/** Mostly what everybody has. */
const anyOffers: fc.Arbitrary<Partial<HostCapacity>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({
    cpuModels: fc.constantFrom('qemu64', 'Nehalem qemu64'),
    cpuFeatures: fc.constantFrom('', 'aes'),
    hugePagesMiB: fc.constantFrom<NonNullable<HostCapacity['hugePagesMiB']>>(
      {}, { '2M': 512 }, { '2M': 256, '1G': 1024 },
    ),
    numaNodes: fc.constantFrom<NonNullable<HostCapacity['numaNodes']>>(
      [], [{ cpus: 2, memoryMiB: 512 }, { cpus: 1, memoryMiB: 1024 }],
    ),
    netMbits: fc.constantFrom(0, 1000, 2500),
    diskMBs: fc.constantFrom(0, 200),
    networks: fc.constantFrom<NonNullable<HostCapacity['networks']>>(
      { guest: 'up' }, { guest: 'up', dmz: 'up' }, { guest: 'up', dmz: 'down' }, { guest: 'down' },
    ),
  }),
);

const anyNeeds: fc.Arbitrary<VmNeeds> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.constantFrom<VmNeeds>({ network: 'dmz' }, { cpuModel: 'Nehalem' }, { cpuModel: 'qemu64,+aes', network: null },
    { hugePages: '2M' }, { hugePages: '1G', diskMBs: 100 }, { netMbits: 800 }, { numa: 'single' }),
);

export const anyVm = (name: string): fc.Arbitrary<VmRecord> =>
  fc
    .record({
      cpus: fc.integer({ min: 1, max: 3 }),
      memoryMiB: fc.integer({ min: 1, max: 4 }).map((units) => units * 256),
      at: perhaps(anyHost),
      to: perhaps(anyHost),
      home: perhaps(anyHost),
      chosen: perhaps(anyHost),
      isWanted: fc.boolean(),
      hasDisk: fc.boolean(),
      needs: anyNeeds,
    })
    .map(({ cpus, memoryMiB, at, to, home, chosen, isWanted, hasDisk, needs }) => {
      const assignment = at === null ? null : { host: at, hostEpoch: 2, generation: 1 };
      const target = at === null || to === null ? null : { host: to, hostEpoch: 2, generation: 2 };
      return vmRecord({
        name,
        uid: name,
        spec: vmSpecSchema.parse({ cpus, memoryMiB, ...needs }),
        assignment,
        migration: target && { to: target, stage: 'moving', startedAtMs: 0 },
        home,
        chosen: chosen === null ? null : { host: chosen, atMs: 1 },
        desired: isWanted ? 'running' : 'stopped',
        volumes: hasDisk ? [{ volume: 'disk', pool: 'san', node: 'san1', sizeMiB: 64 }] : [],
      });
    });

const someVms = (minLength: number): fc.Arbitrary<string[]> => fc.subarray(vmNames, { minLength, maxLength: 4 });
const upTo = { minKeys: 1, maxKeys: 4, noNullPrototype: true };
const weights = fc.dictionary(anyHost, fc.integer({ min: 0, max: 3 }), upTo);

/**
 * Without VMs that must run together (their group has one host, whatever fits elsewhere), and without rules that demand
 * two values of one label, which are refused.
 */
export const anyRule: fc.Arbitrary<RuleSpec> = fc.oneof(
  fc.record({ kind: fc.constant('vm-affinity' as const), vms: someVms(2), together: fc.constant(false) }),
  fc.record({
    kind: fc.constant('vm-affinity' as const),
    vms: someVms(2),
    together: fc.constant(false),
    over: fc.constant('rack'),
  }),
  fc.record({
    kind: fc.constant('vm-affinity' as const),
    vms: someVms(2),
    together: fc.boolean(),
    strict: fc.constant(false),
  }),
  fc.record({
    kind: fc.constant('label-affinity' as const),
    vms: someVms(1),
    labels: fc.constantFrom<Record<string, string>>({ rack: 'r1' }, { rack: 'r1', gpu: 'a100' }),
    strict: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('host-affinity' as const),
    vms: someVms(1),
    hosts: weights,
    strict: fc.boolean(),
    exclusive: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
);

/** What allows neither more nor less of a host. */
export const anySettings: fc.Arbitrary<Settings> = fc
  .record({
    policy: fc.constantFrom('balanced' as const, 'packed' as const),
    hostRules: fc.constantFrom(0, 1, 2),
    vmRules: fc.constantFrom(0, 1, 3),
    home: fc.constantFrom(0, 0.5, 4),
    room: fc.constantFrom(0, 0, 1, 5),
  })
  .map(({ policy, ...weights }) => ({ ...defaultSettings, policy, weights }));

export const anyDrain = (host: string): fc.Arbitrary<DrainRecord | null> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, fc.constant(drainRecord(host)));

const each = <T>(names: readonly string[], make: (name: string) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.tuple(...names.map(make));

type Some = Pick<Facts, 'hosts' | 'observed' | 'vms' | 'rules' | 'drains' | 'settings'>;

export const anyCluster: fc.Arbitrary<Some> = fc.record({
  settings: anySettings,
  hosts: each(hostNames, anyHostRecord).chain((all) => fc.subarray(all)),
  observed: each(hostNames, anyReport),
  vms: each(vmNames, anyVm).chain((all) => fc.subarray(all)),
  rules: fc.array(anyRule, { maxLength: 4 }).map((specs) => specs.map((spec, i) => ruleRecord(`r${i}`, spec))),
  drains: each(hostNames, anyDrain).map((all) => all.filter((drain) => drain !== null)),
});
