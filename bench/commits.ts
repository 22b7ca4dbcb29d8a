/** How many placements a second are stored: each by compare-and-set, on three real NATS servers that all keep it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats, type BucketHandle, type Entry } from '@holdfast/bus';
import { noTransitions, vmSpecSchema, vms as vmsContract, withTransition, type VmRecord } from '@holdfast/contracts';
import { startLoopbackBus, type OwnedProcess } from '@holdfast/lab';
import { placeOn, type Seeker } from '@holdfast/scheduler/core';
import { cpuMsSince } from './cpu-time.js';
import { median } from './median.js';
import { anywhere, benchCluster, heldOn, type BenchCluster } from './place-cluster.js';

/** As many as the scheduler has effects under way. */
const atOnce = 512;
const rounds = 5;
const principal = { service: 'scheduler', node: 'control1' };

export interface CommitsBench {
  servers: number;
  vms: number;
  rounds: number;
  /** Of wall time, in the median round: chosen, and stored by a majority of the servers. */
  perSecond: number;
  /** From the choice until it is known to be stored, with so many others under way. */
  p50Ms: number;
  p99Ms: number;
  /** CPU time of the process that chooses and stores, for one placement. */
  cpuMs: number;
  /** Writes that somebody else was ahead of; nobody else writes. */
  lost: number;
}

export interface CommitsBenchOptions {
  /** With ten VMs for each. */
  hosts: number;
  progress(step: string): void;
}

/** Leaves nothing. @throws LabError, BusError */
export async function benchCommits({ hosts, progress }: CommitsBenchOptions): Promise<CommitsBench> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-commits-'));
  const servers: OwnedProcess[] = [];
  try {
    progress('starting 3 NATS servers');
    const bus = await startLoopbackBus({
      directory,
      serverCount: 3,
      incarnation: randomUUID(),
      principals: [principal],
      started: (server) => servers.push(server),
    });
    const seed = bus.seedOf(principal.service, principal.node);
    const connection = await connectNats({ servers: bus.servers, caFile: bus.caFile, seed, ...principal });
    try {
      const cluster = benchCluster(hosts, () => undefined);
      return await measure(cluster, connection.bucket(vmsContract), bus.incarnation, progress);
    } finally {
      await connection.close();
    }
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(
  cluster: BenchCluster,
  bucket: BucketHandle<VmRecord>,
  incarnation: string,
  progress: (step: string) => void,
): Promise<CommitsBench> {
  const { vms } = cluster;
  const entries = new Map<string, Entry<VmRecord>>();
  progress(`storing ${vms.length} VMs`);
  await eachOf(vms, async (vm) => {
    const value = firstRecord(vm, incarnation);
    const revision = await bucket.create(vm.name, value);
    if (revision !== null) entries.set(vm.name, { key: vm.name, value, revision });
  });
  const rates: number[] = [];
  const tookMs: number[] = [];
  let lost = vms.length - entries.size;
  let cpuMs = 0;
  for (let round = 1; round <= rounds; round += 1) {
    progress(`placing them, and storing where: ${round} of ${rounds}`);
    for (const vm of vms) cluster.snapshot.setVm(vm.name, heldOn(vm, null));
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    await eachOf(vms, async (vm) => {
      const choseAtMs = performance.now();
      const entry = entries.get(vm.name);
      const placed = entry && placedRecord(cluster, vm, entry.value);
      const revision = placed ? await bucket.update(vm.name, placed, entry.revision) : null;
      if (!placed || revision === null) lost += 1;
      else entries.set(vm.name, { key: vm.name, value: placed, revision });
      tookMs.push(performance.now() - choseAtMs);
    });
    cpuMs += cpuMsSince(cpu);
    rates.push((1000 * vms.length) / (performance.now() - startMs));
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor((tookMs.length - 1) * share)] ?? 0;
  return {
    servers: 3,
    vms: vms.length,
    rounds,
    perSecond: Math.round(median(rates)),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMs: cpuMs / (rounds * vms.length),
    lost,
  };
}

/** Some at a time, in order. */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const worker = async (): Promise<void> => {
    for (const one of left) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function firstRecord({ name, cpus, memoryMiB }: Seeker, incarnation: string): VmRecord {
  const nowMs = Date.now();
  return {
    ...noTransitions(incarnation, nowMs),
    name,
    uid: randomUUID(),
    spec: vmSpecSchema.parse({ cpus, memoryMiB, disks: [] }),
    volumes: [],
    desired: 'running',
    generation: 0,
    phase: 'waiting',
    reason: '',
    assignment: null,
    migration: null,
    leftovers: [],
    force: false,
    reboot: null,
    operation: { id: randomUUID(), kind: 'start' },
    incident: null,
    wish: null,
    chosen: null,
    home: null,
    failures: { starts: 0, hosts: [] },
    phaseSinceMs: nowMs,
  };
}

/** As the lifecycle writes it, its last transition with it; null when no host can take it. */
function placedRecord({ snapshot }: BenchCluster, vm: Seeker, before: VmRecord): VmRecord | null {
  const { host } = placeOn(snapshot, vm, anywhere);
  snapshot.setVm(vm.name, heldOn(vm, host));
  if (host === null) return null;
  const generation = before.generation + 1;
  const nowMs = Date.now();
  const text = `placed on ${host} as generation ${generation}`;
  const assignment = { host, hostEpoch: 1, generation };
  const patch = { generation, assignment, reason: text, phaseSinceMs: nowMs, transitions: [] };
  const after: VmRecord = { ...before, ...patch, phase: 'attaching' };
  const operation = before.operation?.id ?? null;
  return withTransition(after, nowMs, { event: 'vm.placed', text, data: { host, generation }, operation });
}
