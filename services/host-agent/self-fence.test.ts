import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker } from '@holdfast/bus';
import type { ObservedVm } from '@holdfast/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SimulatedHypervisor } from './adapters/simulated-hypervisor.js';
import { SimulatedWorld } from './adapters/simulated-world.js';
import { defaultIsolationTiming } from './core/index.js';
import { LocalMemory } from './local-state.js';
import { SelfFence, type SelfFenceDeps } from './self-fence.js';

const incarnation = 'inc1';
let directory: string;
let world: SimulatedWorld;
let hypervisor: SimulatedHypervisor;
let memory: LocalMemory;
let fence: SelfFence;
let deps: SelfFenceDeps;
let nowMs: number;
let isStorageThere: boolean;
let isBusThere: boolean;
let epochNow: number | null;
const heartbeats = { epochFloor: 0, ackedAtMs: (): number | null => ackedAtMs };
let ackedAtMs: number | null;
const destroyStale = vi.fn(async (identity: Parameters<typeof hypervisor.destroy>[0], reason?: string) => {
  await hypervisor.destroy(identity);
  const known = memory.state.vms[identity.vm];
  if (known?.copy) {
    await memory.setVm(identity.vm, { ...known, copy: { ...known.copy, state: 'stopped', reason: reason ?? '' } });
  }
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-fence-'));
  world = new SimulatedWorld();
  const uuid = 'b3b1f1c4-5d0e-4c39-9f7a-0f3f5f0c1d2e';
  world.addHost({ name: 'h1', address: '127.0.0.1', uuid, cpus: 4, memoryMiB: 1024 });
  hypervisor = new SimulatedHypervisor(world, 'h1');
  await hypervisor.connect();
  memory = await LocalMemory.load(join(directory, 'floors.json'), incarnation, 1);
  await memory.set({ ...memory.state, epoch: 1 });
  nowMs = 1000;
  ackedAtMs = 1000;
  isStorageThere = true;
  isBusThere = true;
  epochNow = 1;
  heartbeats.epochFloor = 1;
  destroyStale.mockClear();
  const bus = new MemoryBroker().connect({ service: 'host-agent', node: 'h1' });
  Object.defineProperty(bus, 'connected', { get: () => isBusThere });
  deps = {
    bus,
    log: { info: () => undefined, warn: () => undefined },
    incarnation,
    hypervisor,
    memory,
    heartbeats,
    copies: { destroyStale },
    isArmed: () => true,
    currentEpoch: () => Promise.resolve(epochNow),
    timing: defaultIsolationTiming,
    monotonicMs: () => nowMs,
  };
  fence = new SelfFence(deps);
  await run('web1', 'always');
  await run('lab1', 'never');
});

afterEach(async () => {
  await memory.close();
  await rm(directory, { recursive: true });
});

async function run(vm: string, restart: 'always' | 'never'): Promise<void> {
  const identity = { vm, uid: `uid-${vm}`, generation: 1, hostEpoch: 1, incarnation };
  const parts = { cpus: 1, memoryMiB: 128, boot: null, disks: [], nics: [] };
  await hypervisor.start({ identity, ...parts }, []);
  const copy: ObservedVm = {
    uid: identity.uid,
    generation: 1,
    hostEpoch: 1,
    state: 'running',
    reason: '',
    sinceMs: 1,
    reboot: null,
    migration: null,
  };
  await memory.setVm(vm, { uid: identity.uid, floor: 1, copy, restart });
}

function pass(ms: number): void {
  for (const endMs = nowMs + ms; nowMs < endMs; ) {
    nowMs += 250;
    if (isStorageThere) ackedAtMs = nowMs;
    fence.look();
  }
}

const links = (): Record<string, boolean> =>
  Object.fromEntries([...world.host('h1').domains].map(([vm, { linkUp }]) => [vm, linkUp]));

test('it does not start with times that do not fit together', () => {
  const timing = { ...defaultIsolationTiming, leaseMs: 5000 };
  expect(() => new SelfFence({ ...deps, timing })).toThrow('>= leaseMs 5000');
});

test('cut off, it cuts the links of all guests, remembers that on its disk, and puts them back', async () => {
  pass(1000);
  isBusThere = isStorageThere = false;
  pass(4000);
  await vi.waitFor(() => expect(links()).toEqual({ web1: false, lab1: false }));
  expect((await LocalMemory.load(join(directory, 'floors.json'), incarnation, 1)).state.linksCut).toBe(true);
  isStorageThere = true;
  await vi.waitFor(() => {
    pass(250);
    expect(links()).toEqual({ web1: true, lab1: true });
  });
  expect(memory.state.linksCut).toBe(false);
  expect(destroyStale).not.toHaveBeenCalled();
});

test('the links stay cut while the host is revoked, by the word of storage or of its record', async () => {
  isBusThere = isStorageThere = false;
  pass(4000);
  await vi.waitFor(() => expect(links()).toEqual({ web1: false, lab1: false }));
  heartbeats.epochFloor = 2;
  isStorageThere = true;
  pass(1000);
  heartbeats.epochFloor = 1;
  epochNow = 2;
  isStorageThere = false;
  isBusThere = true;
  ackedAtMs = 1000;
  for (let look = 0; look < 10; look += 1) {
    pass(250);
    await new Promise(setImmediate);
  }
  expect(links()).toEqual({ web1: false, lab1: false });
});

test('cut off for as long as its lease, it ends what others may start, and says why', async () => {
  isBusThere = isStorageThere = false;
  pass(12_000);
  await vi.waitFor(() => expect(Object.keys(links())).toEqual(['lab1']));
  const ended = { state: 'stopped', reason: 'self-fenced' };
  await vi.waitFor(() => expect(memory.state.vms['web1']?.copy).toMatchObject(ended));
  expect(memory.state.vms['lab1']?.copy?.state).toBe('running');
});
