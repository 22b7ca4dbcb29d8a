/** What it costs to know, after each placement, whether all VMs return after the loss of any one host. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { randomStream } from '@holdfast/kernel';
import { capacityBookOf, placeOn, Snapshot, type Seeker } from '@holdfast/scheduler/core';
import { cpuMsSince } from './cpu-time.js';
import { placeOneMore, type OnePlacement } from './hail.js';
import { hspaceArguments, hspaceBinary, installHtools } from './hspace.js';
import { addPlainHosts, anywhere, heldOn } from './place-cluster.js';

const run = promisify(execFile);
/** What `hspace` counts; asked again unless it cannot be installed. */
const known = { withCheck: 589, without: 620 };
const timesHail = 1000;

/** As `hspace --simulate preferred,20,...,128000,32 --standard-alloc 1024,4096,2` counts them. */
const countCase = { hosts: 20, cpus: 32, memoryMiB: 128_000, vm: { cpus: 2, memoryMiB: 4096 }, cpuRatio: 8 };
const sizesGiB = [2, 2, 4, 4, 8, 8, 16] as const;
const largeHostMemoryMiB = 192 * 1024;

export interface CapacityBench {
  hosts: number;
  vms: number;
  /** All placements, and a verdict after each. */
  cpuSeconds: number;
  /** Of a placement with its verdict, in wall time. */
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
  /** Of one with the cluster full of VMs, in CPU time: the mean of the last quarter. */
  cpuMsWhenFull: number;
  /** All proofs made anew, in CPU time. */
  cpuMsFromScratch: number;
  failingHosts: number;
  /** VMs of one size until none fits any more, and until one more could not be taken back after a loss. */
  counts: { withCheck: number; without: number };
  /** Null where it was not asked or cannot be installed, and why. */
  hspace: { withCheck: number; without: number } | null;
  withoutPeer: string | null;
  /** Beside `hail`. */
  oneMore: OnePlacement;
  failures: string[];
}

export interface CapacityBenchOptions {
  hosts: number;
  vms: number;
  /** Of the cluster in which `hail` places one VM; null: no peer. */
  peerHosts: number | null;
  progress(step: string): void;
}

export async function benchCapacity(options: CapacityBenchOptions): Promise<CapacityBench> {
  const { hosts, vms, peerHosts, progress } = options;
  progress(`${hosts} hosts: placing ${vms} VMs, with a verdict on all losses after each`);
  const measured = measure(hosts, vms);
  progress(`${countCase.hosts} hosts until they are full`);
  const counts = { withCheck: countUntilFull(true), without: countUntilFull(false) };
  const withoutPeer = peerHosts === null ? 'it was not asked for' : await installHtools(progress);
  const withPeer = withoutPeer === null;
  if (withPeer) progress('the same by hspace');
  const hspace = withPeer
    ? { withCheck: await hspaceCount([]), without: await hspaceCount(['--no-capacity-checks']) }
    : null;
  const oneMore = await placeOneMore({ hosts: peerHosts ?? hosts, withPeer }, progress);
  const bench = { hosts, vms, ...measured, counts, hspace, withoutPeer, oneMore };
  return { ...bench, failures: failuresOf(bench) };
}

function failuresOf({ counts, hspace, oneMore }: Pick<CapacityBench, 'counts' | 'hspace' | 'oneMore'>): string[] {
  const wanted = hspace ?? known;
  const failures: string[] = [];
  if (counts.withCheck !== wanted.withCheck || counts.without !== wanted.without) {
    const found = `counts ${counts.withCheck} and ${counts.without} VMs`;
    failures.push(`${found}, not ${wanted.withCheck} and ${wanted.without}`);
  }
  const { hosts, cpuMs, isSurvived, hail } = oneMore;
  if (hail && hail.isSurvived !== isSurvived) failures.push('hail and the proofs say otherwise of one VM more');
  const times = hail ? (1000 * hail.cpuSeconds) / cpuMs : Infinity;
  if (hosts >= 200 && times < timesHail) failures.push(`only ${times.toFixed(0)} times as fast as hail`);
  return failures;
}

/** Disks elsewhere, as ours are; the same hosts and VMs. */
async function hspaceCount(more: readonly string[]): Promise<number> {
  const { stdout } = await run(hspaceBinary, [...hspaceArguments(countCase), ...more], { maxBuffer: 64 * 1024 ** 2 });
  return Number(/^HTS_FIN_INST_CNT='?(\d+)/m.exec(stdout)?.[1] ?? Number.NaN);
}

type Measured = Omit<
  CapacityBench, 'hosts' | 'vms' | 'counts' | 'hspace' | 'withoutPeer' | 'oneMore' | 'failures'
>;

function measure(hosts: number, vms: number): Measured {
  const random = randomStream(`bench capacity ${hosts}`);
  const snapshot = new Snapshot();
  addPlainHosts(snapshot, hosts, { ...countCase, memoryMiB: largeHostMemoryMiB });
  const book = capacityBookOf(snapshot);
  book.failing();
  const tookMs = new Float64Array(vms);
  const before = process.cpuUsage();
  let lastQuarter = before;
  let failingHosts = 0;
  for (let i = 0; i < vms; i += 1) {
    if (i === Math.floor(vms * 0.75)) lastQuarter = process.cpuUsage();
    const startMs = performance.now();
    const gib = sizesGiB[random.integer(sizesGiB.length)] ?? 2;
    put(snapshot, { name: `vm${i}`, cpus: Math.max(1, gib / 4), memoryMiB: gib * 1024, pools: [], home: null });
    failingHosts = book.failing().length;
    tookMs[i] = performance.now() - startMs;
  }
  const cpuSeconds = cpuMsSince(before) / 1000;
  const cpuMsWhenFull = cpuMsSince(lastQuarter) / (vms - Math.floor(vms * 0.75));
  const scratch = process.cpuUsage();
  book.rulesChanged();
  book.failing();
  const cpuMsFromScratch = cpuMsSince(scratch);
  tookMs.sort();
  const at = (share: number): number => tookMs[Math.min(vms - 1, Math.floor(vms * share))] ?? 0;
  const times = { p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
  return { cpuSeconds, ...times, cpuMsWhenFull, cpuMsFromScratch, failingHosts };
}

function put(snapshot: Snapshot, vm: Seeker): boolean {
  const { host } = placeOn(snapshot, vm, anywhere);
  if (host !== null) snapshot.setVm(vm.name, heldOn(vm, host));
  return host !== null;
}

/** With the check it ends before the first VM after which the loss of some host would leave somebody out. */
export function countUntilFull(withCheck: boolean): number {
  const snapshot = new Snapshot();
  addPlainHosts(snapshot, countCase.hosts, countCase);
  const book = capacityBookOf(snapshot);
  for (let placed = 0; ; placed += 1) {
    const vm = { name: `vm${placed}`, ...countCase.vm, pools: [], home: null };
    if (!put(snapshot, vm) || (withCheck && book.failing().length > 0)) return placed;
  }
}
