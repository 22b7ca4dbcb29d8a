/** `hail` of Debian's ganeti-htools: one VM more, the loss of any host still survived; and the same by Holdfast. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capacityBookOf, placeOn } from '@holdfast/scheduler/core';
import { cpuMsSince } from './cpu-time.js';
import { median } from './median.js';
import { timedRun } from './peer-run.js';
import { anywhere, heldOn } from './place-cluster.js';
import { htoolsText, unevenCluster } from './rebalance-cluster.js';

const hailBinary = '/usr/lib/ganeti/iallocators/hail';
const timeLimitMs = 3_600_000;
const rounds = 201;
const diskMiB = 1024;
const newcomer = { name: 'new', cpus: 2, memoryMiB: 4096, pools: [], home: null };

export interface OnePlacement {
  hosts: number;
  vms: number;
  /** CPU time of the placement with the verdict on the loss of each host: the median, and with all proofs made anew. */
  cpuMs: number;
  cpuMsAllAnew: number;
  /** Whether after it all return from the loss of any one host. */
  isSurvived: boolean;
  /** Whether it found such a host, too; null where it was not asked, or did not end in time. */
  hail: { cpuSeconds: number; isSurvived: boolean } | null;
}

/** The same VM on the same cluster of 20 VMs a host. @throws when `hail` fails */
export async function placeOneMore(
  { hosts, withPeer }: { hosts: number; withPeer: boolean },
  progress: (step: string) => void,
): Promise<OnePlacement> {
  const { snapshot, vms } = unevenCluster(hosts);
  const book = capacityBookOf(snapshot);
  book.failing();
  let failing = 0;
  const once = (isAnew: boolean): number => {
    const before = process.cpuUsage();
    snapshot.setVm(newcomer.name, heldOn(newcomer, placeOn(snapshot, newcomer, anywhere).host));
    if (isAnew) book.rulesChanged();
    failing = book.failing().length;
    const tookMs = cpuMsSince(before);
    snapshot.setVm(newcomer.name, null);
    book.failing();
    return tookMs;
  };
  const cpuMs = median(Array.from({ length: rounds }, () => once(false)));
  const cpuMsAllAnew = median(Array.from({ length: 5 }, () => once(true)));
  const own = { hosts, vms: vms.length, cpuMs, cpuMsAllAnew, isSurvived: failing === 0 };
  if (!withPeer) return { ...own, hail: null };
  progress(`one VM more by hail, ${hosts} hosts with ${vms.length} VMs${hosts > 100 ? ' (some minutes)' : ''}`);
  return { ...own, hail: await hail(htoolsText(hosts, vms)) };
}

async function hail(cluster: string): Promise<OnePlacement['hail']> {
  const directory = await mkdtemp(join(tmpdir(), 'hail-'));
  try {
    const [file, request] = [join(directory, 'cluster'), join(directory, 'request')];
    await Promise.all([writeFile(file, cluster), writeFile(request, hailRequest())]);
    const run = await timedRun(hailBinary, ['-t', file, request], { timeLimitMs });
    return run && { cpuSeconds: run.cpuSeconds, isSurvived: /"success":\s*true/.test(run.stdout) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** As Ganeti's master asks an allocator; what the cluster is comes with the text beside it. */
export function hailRequest(): string {
  const { name, cpus, memoryMiB } = newcomer;
  const request = {
    type: 'allocate',
    name,
    required_nodes: 1,
    vcpus: cpus,
    memory: memoryMiB,
    disk_template: 'ext',
    disk_space_total: diskMiB,
    disks: [{ size: diskMiB }],
    spindle_use: 1,
    nics: [],
    tags: [],
  };
  const elsewhere = { cluster_tags: [], enabled_hypervisors: [], nodegroups: {}, nodes: {}, instances: {} };
  return JSON.stringify({ ...elsewhere, request });
}
