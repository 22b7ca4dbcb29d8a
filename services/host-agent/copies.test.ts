import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker } from '@holdfast/bus';
import { secrets, vmSpecSchema } from '@holdfast/contracts';
import { randomStream } from '@holdfast/kernel';
import { Projection, systemClock } from '@holdfast/runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SimulatedSeedImages } from './adapters/simulated-seed-images.js';
import { SimulatedHypervisor } from './adapters/simulated-hypervisor.js';
import { SimulatedWorld } from './adapters/simulated-world.js';
import { Copies, type BeginRequest } from './copies.js';
import { admitLeave, afterRestart } from './core/index.js';
import { HostSecrets } from './host-secrets.js';
import { LocalMemory } from './local-state.js';
import { HypervisorError } from './ports.js';

const uuid = 'b3b1f1c4-5d0e-4c39-9f7a-0f3f5f0c1d2e';
const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 });
const start: BeginRequest = {
  stamp: { incarnation: 'inc1', hostEpoch: 1, generation: 3, revision: 7 },
  vm: 'web1',
  uid: 'uid1',
  operation: null,
  spec: { cpus: spec.cpus, memoryMiB: spec.memoryMiB, image: spec.image, network: spec.network },
  disks: [],
};

describe('what an agent is told to carry out', () => {
  let directory: string;
  let world: SimulatedWorld;
  let memory: LocalMemory;
  let epochNow: number | null;
  let isBootKnown: boolean;
  let copies: Copies;
  let seeds: SimulatedSeedImages;
  let deps: ConstructorParameters<typeof Copies>[0];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-copies-'));
    world = new SimulatedWorld();
    world.addHost({ name: 'h1', address: '127.0.0.1', uuid, cpus: 4, memoryMiB: 1024 });
    world.addHost({ name: 'h2', address: '127.0.0.2', uuid, cpus: 4, memoryMiB: 1024 });
    const hypervisor = new SimulatedHypervisor(world, 'h1');
    await hypervisor.connect();
    const bus = new MemoryBroker().connect({ service: 'host-agent', node: 'h1' });
    memory = await LocalMemory.load(join(directory, 'floors.json'), 'inc1', 1);
    await memory.set({ ...memory.state, epoch: 1 });
    epochNow = 1;
    isBootKnown = true;
    seeds = new SimulatedSeedImages();
    deps = {
      bus,
      clock: systemClock,
      log: { info: () => undefined, warn: () => undefined },
      incarnation: 'inc1',
      hypervisor,
      memory,
      secrets: await HostSecrets.load(join(directory, 'key.json'), new Projection(bus, secrets, 'h1'), 'h1'),
      seeds,
      image: () => ({ kernel: '/kernel', initrd: '/initrd', commandLine: '' }),
      iso: (name) => `/isos/${name}`,
      bridge: () => 'br-guest',
      isBootKnown: () => isBootKnown,
      currentEpoch: () => Promise.resolve(epochNow),
      capacity: () => ({ cpus: 4, memoryMiB: 1024 }),
      changed: () => undefined,
    };
    copies = new Copies(deps);
  });

  afterEach(async () => {
    await memory.close();
    await rm(directory, { recursive: true });
  });

  const ended = (state: string): Promise<void> =>
    vi.waitFor(() => expect(memory.state.vms['web1']?.copy?.state).toBe(state), { timeout: 10_000 });

  test('a start runs the copy, and the same command again starts no second one', async () => {
    expect(await copies.start(start)).toMatchObject({ ok: true, value: { state: 'started-work' } });
    await ended('running');
    expect(await copies.start(start)).toMatchObject({ ok: true, value: { state: 'already-done' } });
    expect(world.copiesOf('web1')).toHaveLength(1);
  });

  test('a start makes the CD-ROM that its guest reads first, and the copy has it', async () => {
    const cloudInit = { userData: '#!/bin/sh\n', metaData: 'local-hostname: other\nplace: attic' };
    await copies.start({ ...start, spec: { ...start.spec, cloudInit } });
    await ended('running');
    expect(world.host('h1').domains.get('web1')?.spec.seed).toBe(seeds.path('uid1'));
    expect(seeds.files.get('uid1')).toEqual({
      'user-data': '#!/bin/sh\n',
      'meta-data': '{"instance-id":"uid1","local-hostname":"other","place":"attic"}\n',
    });
  });

  test('a start that failed counts as failed once the hypervisor has said that nothing of it is left', async () => {
    const lost = new HypervisorError('timeout', 'no answer');
    const { hypervisor } = deps;
    vi.spyOn(hypervisor, 'start').mockRejectedValue(lost);
    const destroy = vi.spyOn(hypervisor, 'destroy').mockRejectedValueOnce(lost);
    await copies.start(start);
    await vi.waitFor(() => expect(destroy).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    expect(memory.state.vms['web1']?.copy?.state).toBe('starting');
    expect([...copies.busy()]).toEqual(['web1']);
    await ended('failed');
    expect(destroy).toHaveBeenCalledTimes(2);
  });

  test('a start that is ordered gone before it has ended is never told as running', async () => {
    const states = new Set<string | undefined>();
    deps.changed = () => void states.add(memory.state.vms['web1']?.copy?.state);
    copies = new Copies(deps);
    await copies.start(start);
    const stop = { stamp: { ...start.stamp, generation: 4, revision: 8 }, vm: 'web1', uid: 'uid1', operation: null };
    expect(await copies.stop({ ...stop, graceSeconds: 0 })).toMatchObject({ ok: true });
    await ended('stopped');
    expect([...states]).not.toContain('running');
    expect(world.copiesOf('web1')).toHaveLength(0);
  });

  test('a start that waited while the host was fenced begins nothing, and says so', async () => {
    epochNow = 2;
    await copies.start(start);
    await ended('failed');
    expect(memory.state.vms['web1']?.copy?.reason).toMatch(/may have been fenced/);
    expect(world.copiesOf('web1')).toEqual([]);
  });

  test('a start begins nothing while the cluster cannot be asked', async () => {
    epochNow = null;
    await copies.start(start);
    await ended('failed');
    expect(world.copiesOf('web1')).toEqual([]);
  });

  test('a start is refused in a boot that the cluster does not know yet', async () => {
    isBootKnown = false;
    expect(await copies.start(start)).toMatchObject({ ok: false, refusal: { code: 'unavailable' } });
    expect(memory.state.vms).toEqual({});
  });

  /** What is known of a copy is written down before its work has ended. */
  const idle = (): Promise<void> =>
    vi.waitFor(() => expect(copies.busy()).toEqual(new Set()), { timeout: 10_000 });

  const run = async (...names: string[]): Promise<void> => {
    for (const vm of names) await copies.start({ ...start, vm, uid: `uid-${vm}` });
    const states = (): unknown[] => names.map((vm) => memory.state.vms[vm]?.copy?.state);
    await vi.waitFor(() => expect(states()).toEqual(names.map(() => 'running')), { timeout: 10_000 });
    await idle();
  };

  /** It has come here from another host, and the agent has seen it. */
  const arrive = async (): Promise<void> => {
    const other = new SimulatedHypervisor(world, 'h2');
    await other.connect();
    const { generation, hostEpoch } = start.stamp;
    const identity = { vm: 'web1', uid: 'uid1', generation, hostEpoch, incarnation: 'inc1' };
    const domain = { identity, cpus: 1, memoryMiB: 128, boot: null, disks: [], nics: [] };
    await other.start({ ...domain, identity: { ...identity, generation: generation - 1 } }, []);
    expect(await copies.receive(start)).toMatchObject({ ok: true });
    await ended('receiving');
    await other.migrate('web1', { spec: domain, address: '127.0.0.1' }, { timeoutMs: 10_000 });
    const known = memory.state.vms['web1'];
    if (known?.copy) await memory.setVm('web1', { ...known, copy: { ...known.copy, state: 'arrived' } });
  };
  const resume = { stamp: start.stamp, vm: 'web1', uid: 'uid1', operation: null };
  const standing = (): unknown => world.copiesOf('web1').map(({ domain }) => domain.state);

  test('what has arrived stands until it is told to go on, and goes on once', async () => {
    await arrive();
    expect(standing()).toEqual(['paused']);
    const stale = { ...resume, stamp: { ...start.stamp, generation: 2 } };
    expect(await copies.resume(stale)).toMatchObject({ ok: false, refusal: { code: 'stale' } });
    expect(standing()).toEqual(['paused']);
    const twice = await Promise.all([copies.resume(resume), copies.resume(resume)]);
    expect(twice).toMatchObject([{ value: { state: 'started-work' } }, { value: { state: 'in-progress' } }]);
    await ended('running');
    expect(standing()).toEqual(['running']);
    expect(memory.state.vms['web1']?.copy?.heldMs).toBeGreaterThanOrEqual(0);
    expect(await copies.resume(resume)).toMatchObject({ ok: true, value: { state: 'already-done' } });
  });

  test('what a person pauses stands still over a restart of its agent, until a resume of its generation', async () => {
    await run('web1');
    const pause = { ...resume, uid: 'uid-web1' };
    expect(await copies.pause(pause)).toMatchObject({ ok: true, value: { state: 'started-work' } });
    await ended('paused');
    expect(standing()).toEqual(['paused']);
    expect(memory.state.vms['web1']?.copy).toMatchObject({ state: 'paused', held: true });
    expect(await copies.pause(pause)).toMatchObject({ ok: true, value: { state: 'already-done' } });
    const found = { ...afterRestart(memory.state, 0).vms['web1']?.copy };
    expect(found).toMatchObject({ state: 'paused', held: true });
    const stale = { ...pause, stamp: { ...start.stamp, generation: 2 } };
    expect(await copies.resume(stale)).toMatchObject({ ok: false, refusal: { code: 'stale' } });
    await idle();
    expect(await copies.resume(pause)).toMatchObject({ ok: true, value: { state: 'started-work' } });
    await ended('running');
    expect(standing()).toEqual(['running']);
    expect(memory.state.vms['web1']?.copy?.held).toBeUndefined();
  });

  test('what a person has paused is not asked to power down when its host does', async () => {
    await run('web1');
    await copies.pause({ ...resume, uid: 'uid-web1' });
    await ended('paused');
    const asked = vi.spyOn(SimulatedHypervisor.prototype, 'shutdown');
    await copies.leave();
    expect(asked).not.toHaveBeenCalled();
    expect(memory.state.vms['web1']?.copy).toMatchObject({ state: 'stopped', reason: 'host-shutdown' });
  });

  test('what has arrived ends at once with its host, and goes on no more', async () => {
    await arrive();
    await copies.leave();
    expect(memory.state.vms['web1']?.copy).toMatchObject({ state: 'stopped', reason: 'host-shutdown' });
    expect(await copies.resume(resume)).toMatchObject({ ok: false, refusal: { code: 'unavailable' } });
  });

  test('a host that goes down stops every copy, says why, and takes nothing any more', async () => {
    await run('web1', 'web2');
    await copies.leave();
    for (const vm of ['web1', 'web2']) {
      expect(memory.state.vms[vm]?.copy).toMatchObject({ state: 'stopped', reason: 'host-shutdown', generation: 3 });
      expect(world.copiesOf(vm)).toEqual([]);
    }
    expect(copies.busy().size).toBe(0);
    const late = { ...start, vm: 'late1', uid: 'uid-late1' };
    expect(await copies.start(late)).toMatchObject({ ok: false, refusal: { code: 'unavailable' } });
    expect(await copies.receive(late)).toMatchObject({ ok: false, refusal: { code: 'unavailable' } });
  });

  test('a start in hand when the host goes down ends as a copy that has stopped', async () => {
    await copies.start(start);
    await copies.leave();
    expect(memory.state.vms['web1']?.copy).toMatchObject({ state: 'stopped', reason: 'host-shutdown' });
    expect(world.copiesOf('web1')).toEqual([]);
  });

  test('what was being stopped when the agent died is stopped to its end by the next one', async () => {
    await run('web1', 'web2');
    const web1 = memory.state.vms['web1'];
    const left = web1 ? admitLeave(web1, { nowMs: 1, random: randomStream('test'), incarnation: 'inc1' }) : null;
    if (left) await memory.setVm('web1', left);
    const next = new Copies(deps);
    next.endLeaving();
    await ended('stopped');
    expect(memory.state.vms['web1']?.copy?.reason).toBe('host-shutdown');
    expect(world.copiesOf('web1')).toEqual([]);
    expect(memory.state.vms['web2']?.copy?.state).toBe('running');
  });
});
