/** An inventory as a simulated cluster that has run for long: records, targets and copies are there already. */
import {
  noTransitions,
  vmSpecSchema,
  type Assignment,
  type AttachmentRecord,
  type HostRecord,
  type Observed,
  type ObservedVm,
  type VmRecord,
  type VolumeRecord,
} from '@holdfast/contracts';
import { firstRecord } from '@holdfast/failover/core';
import type { LocalVm } from '@holdfast/host-agent/core';
import { deriveId, randomStream, type Env } from '@holdfast/kernel';
import { admitAttach } from '@holdfast/storage/core';
import { clockBaseMs } from '../engine/process.js';
import { bootIdOf } from '../world/boot-id.js';
import { freshGuest } from '../world/guest.js';
import { World, type HostSpec, type SimHost } from '../world/world.js';
import { openingSteps } from '../world/target-store.js';
import type { Topology, TopologyVm } from './topology-file.js';
import { placeAll } from './topology-place.js';

/** As every host and VM of the inventory begins. */
export const firstEpoch = 1;
export const firstGeneration = 1;

export interface TopologyWorld {
  world: World;
  /** The host of each VM at the beginning. */
  placed: ReadonlyMap<string, string>;
}

/** Throws `TopologyError` when the VMs do not fit. */
export function worldOf(topology: Topology): TopologyWorld {
  const placed = placeAll(topology);
  const { seed, hosts, storage, control } = topology;
  const specs = [...hosts].map(([name, { cpus, memoryMiB, bmc }]): [string, HostSpec] => [
    name,
    { cpus, memoryMiB, power: 'on', hasBmc: bmc },
  ]);
  const world = new World({
    seed,
    hosts: Object.fromEntries(specs),
    control: control.isApart ? 'apart' : 'hosts',
    controlNodes: [...control.nodes.keys()],
    storageNodes: [...storage].map(([name, { pools }]) => ({
      name,
      pools: Object.entries(pools).map(([pool, { revocable }]) => ({ name: pool, isRevocable: revocable })),
    })),
    bootMs: [5000, 15_000],
    prepare: (prepared) => new Past(prepared, topology, placed).write(),
  });
  return { world, placed };
}

class Past {
  private readonly env: Env;
  private readonly nodeOf = new Map<string, string>();
  private readonly remembered = new Map<string, Record<string, LocalVm>>();

  constructor(
    private readonly world: World,
    private readonly topology: Topology,
    private readonly placed: ReadonlyMap<string, string>,
  ) {
    this.env = { nowMs: clockBaseMs, random: randomStream('past'), incarnation: world.incarnation };
    for (const [node, { pools }] of topology.storage) {
      for (const pool of Object.keys(pools)) this.nodeOf.set(pool, node);
    }
  }

  write(): void {
    for (const [name, vm] of this.topology.vms) this.writeVm(name, vm);
    for (const host of this.world.hosts.values()) this.writeHost(host);
  }

  private writeHost(host: SimHost): void {
    const { bus, incarnation } = this.world;
    const { name, uuid, spec, disk } = host;
    const vms = this.remembered.get(name) ?? {};
    disk.state = { incarnation, epoch: firstEpoch, vms };
    const copies = Object.entries(vms).flatMap(([vm, { copy }]): [string, ObservedVm][] => (copy ? [[vm, copy]] : []));
    const observed: Observed = {
      host: name,
      uuid,
      bootId: bootIdOf({ name, boots: host.boots + 1 }),
      incarnation,
      epoch: firstEpoch,
      startedAtMs: clockBaseMs,
      sealKey: 'sealed',
      capacity: { cpus: spec.cpus, memoryMiB: spec.memoryMiB },
      addresses: { management: name, storage: name },
      probePort: 1,
      hypervisor: 'connected',
      leaving: false,
      vms: Object.fromEntries(copies),
      staleCopies: [],
      atMs: clockBaseMs,
    };
    bus.bucket<Observed>('observed').load(name, observed);
    const record: HostRecord = {
      ...firstRecord(observed, spec.hasBmc !== false, this.env),
      ...noTransitions(incarnation, clockBaseMs),
      labels: this.topology.hosts.get(name)?.labels ?? {},
      epoch: firstEpoch,
      health: 'online',
      reason: 'heard',
    };
    bus.bucket<HostRecord>('hosts').load(name, record);
  }

  private writeVm(name: string, vm: TopologyVm): void {
    const { bus, incarnation } = this.world;
    const host = this.placed.get(name) as string;
    const uid = deriveId(incarnation, 'vm', name);
    const { cpus, memoryMiB, maxRelocate, priority } = vm;
    const disks = vm.disks.map(({ sizeMiB }) => ({ sizeMiB }));
    const volumes = vm.disks.map(({ pool, sizeMiB }, index) => ({
      volume: `${name}-disk${index}-${uid}`,
      pool,
      node: this.nodeOf.get(pool) as string,
      sizeMiB,
    }));
    const assignment: Assignment = { host, hostEpoch: firstEpoch, generation: firstGeneration };
    const record: VmRecord = {
      ...noTransitions(incarnation, clockBaseMs),
      name,
      uid,
      spec: vmSpecSchema.parse({ cpus, memoryMiB, disks, policy: { maxRelocate, priority } }),
      volumes,
      desired: 'running',
      generation: firstGeneration,
      phase: 'running',
      reason: `running on ${host}`,
      assignment,
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
      phaseSinceMs: clockBaseMs,
    };
    bus.bucket<VmRecord>('vms').load(name, record);
    for (const volume of volumes) this.writeVolume(name, volume, assignment);
    this.runCopy(record, assignment);
  }

  private writeVolume(vm: string, disk: VmRecord['volumes'][number], at: Assignment): void {
    const { bus, incarnation } = this.world;
    const { volume, pool, node, sizeMiB } = disk;
    const { host, hostEpoch, generation } = at;
    const none = noTransitions(incarnation, clockBaseMs);
    const state = 'ready';
    const record: VolumeRecord = { ...none, volume, pool, node, vm, sizeMiB, image: 'tiny', state, reason: '' };
    bus.bucket<VolumeRecord>('volumes').load(volume, record);
    const { change } = admitAttach(
      null,
      { volume, vm, generation, host, hostEpoch, mode: 'single', operation: null, incident: null },
      {
        volume: record, isCopied: false, floors: { volumeFloor: 0, hostFloor: () => 0 },
        portal: { address: node, port: 3260 },
      },
      this.env,
    );
    if (!change) throw new Error(`storage refuses to attach ${volume}`);
    const holders = change.holders.map((holder) => ({ ...holder, phase: 'open' as const }));
    bus.bucket<AttachmentRecord>('attachments').load(volume, { ...change, ...none, holders });
    const { store } = this.world.storageNode(node);
    // As small as can be: nobody creates one here, and a large inventory would not fit one simulated disk.
    if (store.createVolume(volume, 512) !== 'done') throw new Error(`there is no room for ${volume}`);
    for (const step of openingSteps) store.step(step, volume, generation, { host, hostEpoch });
  }

  /** Its QEMU runs, and logs in as if it had lost its sessions. */
  private runCopy({ name, uid, volumes, spec }: VmRecord, { host, hostEpoch, generation }: Assignment): void {
    const { world } = this;
    const { hypervisor } = world.host(host);
    const domain = hypervisor.put({
      identity: { vm: name, uid, generation, hostEpoch, incarnation: world.incarnation },
      volumes: volumes.map(({ volume, node }) => ({ volume, node })),
      memoryMiB: spec.memoryMiB,
      guest: freshGuest(),
      state: 'running',
      incoming: null,
      sessions: volumes.map(() => null),
    });
    world.checker.found(domain);
    hypervisor.disks.write(domain);
    const copy: ObservedVm = {
      uid,
      generation,
      hostEpoch,
      state: 'running',
      reason: '',
      sinceMs: clockBaseMs,
      reboot: null,
      migration: null,
    };
    const known = this.remembered.get(host) ?? {};
    known[name] = { uid, floor: generation, copy, memoryMiB: spec.memoryMiB };
    this.remembered.set(host, known);
  }
}
