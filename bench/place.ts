/** How many placements the scheduler's core makes in a second of CPU, beside `hspace` of ganeti-htools. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { randomStream } from '@holdfast/kernel';
import { placeOn, Snapshot, type Seeker } from '@holdfast/scheduler/core';
import { benchCommits, type CommitsBench } from './commits.js';
import { cpuMsSince } from './cpu-time.js';
import { hspace, type HspaceRun } from './hspace.js';
import { median } from './median.js';
import { addPlainHosts, anywhere, benchCluster, heldOn, type BenchCluster } from './place-cluster.js';

export const placeLimits = {
  perCpuSecondAt1000: 20_000,
  p99MsAt10000: 2,
  memoryMiBAt10000: 300,
  timesHspace: 100,
  commitsPerSecond: 1500,
};

export interface PlaceGroup {
  hosts: number;
  vms: number;
  placements: number;
  /** Of those, VMs that no host could take. */
  unplaced: number;
  perCpuSecond: number;
  /** CPU time of one placement with its change of the snapshot. */
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
  /** The same in wall time: more where others use the machine. */
  p99WallMs: number;
  /** Of the snapshot: heap and typed arrays, with rules. */
  snapshotMiB: number;
}

export interface FullCluster {
  hosts: number;
  /** VMs of one size until the cluster is full. */
  placed: number;
  perCpuSecond: number;
}

export interface PlaceBench {
  groups: PlaceGroup[];
  /** What `hspace` was given: 100 equal hosts, VMs of 8 CPUs and 32 GiB. */
  full: FullCluster;
  hspace: HspaceRun | null;
  /** Why there is nothing to compare with; null when there is. */
  withoutPeer: string | null;
  /** Null when it was not asked for. */
  commits: CommitsBench | null;
  failures: string[];
}

export interface PlaceBenchOptions {
  hosts: readonly number[];
  placements: number;
  /** Whether `hspace` is run too, and installed if it is not there. */
  withPeer: boolean;
  /** Whether placements are stored on real NATS servers, too. */
  withCommits: boolean;
  progress(step: string): void;
}

const peer = { hosts: 100, cpus: 32, cpuRatio: 4, memoryMiB: 128 * 1024, vm: { cpus: 8, memoryMiB: 32 * 1024 } };
const rounds = 5;
const commitHosts = 200;

export async function benchPlace(options: PlaceBenchOptions): Promise<PlaceBench> {
  const { hosts, placements, withPeer, withCommits, progress } = options;
  const groups: PlaceGroup[] = [];
  for (const count of hosts) {
    progress(`${count} hosts: placing ${count * 10} VMs, then ${placements} of them anew`);
    await sleep(0);
    groups.push(measure(count, placements));
  }
  progress(`${peer.hosts} hosts until they are full`);
  const full = fill();
  const run = withPeer ? await hspace(peer, progress) : { run: null, why: 'it was not asked for' };
  const commits = withCommits ? await benchCommits({ hosts: commitHosts, progress }) : null;
  const bench: PlaceBench = { groups, full, hspace: run.run, withoutPeer: run.why, commits, failures: [] };
  return { ...bench, failures: failuresOf(bench) };
}

/** All VMs are placed; then again and again one leaves and is placed anew. */
function measure(hosts: number, placements: number): PlaceGroup {
  const before = memoryMiB();
  const cluster = benchCluster(hosts, put);
  const snapshotMiB = memoryMiB() - before;
  const random = randomStream('bench place order');
  const next = (): Seeker => cluster.vms[random.integer(cluster.vms.length)] as Seeker;
  for (let i = 0; i < placements / 10; i += 1) again(cluster, next());
  const perCpuSecond = rate(placements, () => again(cluster, next()));
  const tookMs = new Float64Array(placements);
  const wallMs = new Float64Array(placements);
  let unplaced = 0;
  for (let i = 0; i < placements; i += 1) {
    const vm = next();
    cluster.snapshot.setVm(vm.name, heldOn(vm, null));
    const startMs = performance.now();
    const used = process.cpuUsage();
    if (!put(cluster, vm)) unplaced += 1;
    tookMs[i] = cpuMsSince(used);
    wallMs[i] = performance.now() - startMs;
  }
  tookMs.sort();
  wallMs.sort();
  const at = (share: number, of = tookMs): number => of[Math.min(placements - 1, Math.floor(placements * share))] ?? 0;
  return {
    hosts,
    vms: cluster.vms.length,
    placements,
    unplaced,
    perCpuSecond,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    p99WallMs: at(0.99, wallMs),
    snapshotMiB: Math.round(snapshotMiB),
  };
}

/** How often in a second of CPU, in the median round; looking at the clock each time would take a share of it. */
function rate(times: number, work: () => void): number {
  const rates = Array.from({ length: rounds }, () => {
    const cpu = process.cpuUsage();
    for (let i = 0; i < times; i += 1) work();
    return Math.round((1000 * times) / cpuMsSince(cpu));
  });
  return median(rates);
}

function put({ snapshot }: BenchCluster, vm: Seeker): boolean {
  const { host } = placeOn(snapshot, vm, anywhere);
  snapshot.setVm(vm.name, heldOn(vm, host));
  return host !== null;
}

function again(cluster: BenchCluster, vm: Seeker): void {
  cluster.snapshot.setVm(vm.name, heldOn(vm, null));
  put(cluster, vm);
}

/** What `hspace` does: one VM after another until none fits any more; the best of five rounds. */
function fill(): FullCluster {
  let best: FullCluster = { hosts: peer.hosts, placed: 0, perCpuSecond: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const cpu = process.cpuUsage();
    const snapshot = new Snapshot();
    addPlainHosts(snapshot, peer.hosts, peer);
    let placed = 0;
    for (;;) {
      const vm = { name: `vm${placed}`, ...peer.vm, pools: [], home: null };
      if (!put({ snapshot, vms: [] }, vm)) break;
      placed += 1;
    }
    const perCpuSecond = Math.round((1000 * placed) / cpuMsSince(cpu));
    if (perCpuSecond > best.perCpuSecond) best = { ...best, placed, perCpuSecond };
  }
  return best;
}

function failuresOf({ groups, full, hspace: beside, commits }: PlaceBench): string[] {
  const failures: string[] = [];
  const { perCpuSecondAt1000, p99MsAt10000, memoryMiBAt10000, timesHspace, commitsPerSecond } = placeLimits;
  for (const { hosts, perCpuSecond, p99Ms, snapshotMiB } of groups) {
    if (hosts === 1000 && perCpuSecond < perCpuSecondAt1000) {
      failures.push(`${perCpuSecond} placements a CPU-second at 1000 hosts, not ${perCpuSecondAt1000}`);
    }
    if (hosts !== 10_000) continue;
    if (p99Ms > p99MsAt10000) failures.push(`p99 of ${p99Ms.toFixed(2)} ms at 10000 hosts, not ${p99MsAt10000}`);
    if (snapshotMiB > memoryMiBAt10000) failures.push(`${snapshotMiB} MiB at 10000 hosts, not ${memoryMiBAt10000}`);
  }
  if (beside && full.perCpuSecond < timesHspace * beside.perCpuSecond) {
    failures.push(`only ${(full.perCpuSecond / beside.perCpuSecond).toFixed(0)} times as fast as hspace`);
  }
  if (commits && commits.perSecond < commitsPerSecond) {
    failures.push(`${commits.perSecond} placements stored a second, not ${commitsPerSecond}`);
  }
  if (commits && commits.lost > 0) failures.push(`${commits.lost} placements were not stored`);
  return failures;
}

let collect: (() => void) | null = null;

function memoryMiB(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1024 ** 2;
}
